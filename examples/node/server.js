// A page by Express; PORT and SLIPWAY_RELEASE come from the environment.
import express from "express";

const release = process.env.SLIPWAY_RELEASE ?? "not released";
const app = express();

app.get("/", (request, response) => {
  response.send(`<!doctype html><title>Hello from Node</title><h1>Hello from Node</h1><p>Release: ${release}</p>\n`);
});

const server = app.listen(process.env.PORT ?? 8000, () => console.log("listening on", server.address().port));

// Requests under way are answered before the process ends.
process.on("SIGTERM", () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
