"""The words of slipway as plain data: spec, build plan, release, plan, step, secret, errors. No I/O."""
