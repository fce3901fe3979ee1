"""Plans: how they are shown, hashed, and what of a secret takes part."""

from dataclasses import replace

from slipway.plan import Plan, Rollout, Run, Stage, Switch, Write
from slipway.secret import Secret


def rollout(env: Secret) -> Rollout:
    steps = (
        Run("start web", ("docker", "compose", "up", "it's")),
        Write("config of v12", "/opt/x/env", env, 0o600),
        Switch("serve v12", "shop", "shop-v12-web"),
    )
    return Rollout("shop v12", (Stage("start", (Plan("web1", "start", steps),)),))


def test_a_plan_reads_like_commands_with_reasons() -> None:
    plan = rollout(Secret("A=1", "env 7", "A=***")).stages[0].plans[0]
    assert plan.shown() == [
        "docker compose up 'it'\"'\"'s'  # start web",
        "write /opt/x/env (mode 0600)  # config of v12",
        "switch shop to shop-v12-web  # serve v12",
    ]


def test_the_hash_follows_every_step_and_no_secret_value() -> None:
    one = rollout(Secret("A=1", "env of shop, config 7", "A=***"))
    same = rollout(Secret("A=2", "env of shop, config 7", "A=***"))
    other = rollout(Secret("A=1", "env of shop, config 8", "A=***"))
    assert one.hash() == same.hash() != other.hash()
    assert replace(one, title="other words").hash() == one.hash()


def test_a_diff_masks_secrets_on_both_sides() -> None:
    old, new = Secret("A=old", "6", "A=***"), Secret("A=new\nB=x", "7", "A=***\nB=***")
    diff = Write("", "/opt/x/env", new, 0o600, before=old).diff()
    assert "+B=***" in diff
    assert not any(value in diff for value in ("old", "new", "=x"))
