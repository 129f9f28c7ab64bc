// Loaded into the proxy where the hub is served over HTTPS (HUB_URL).
//
// A renewed certificate is taken up without a restart, which would close every open notebook's
// connection; and plain HTTP leads to HTTPS, except for what a browser has to see before it trusts
// the certificate.
"use strict";
const fs = require("node:fs");
const http = require("node:http");
const https = require("node:https");

const { HUB_URL, TLS_FILE } = process.env;
const [PLAIN, SECURE] = [8000, 8443];
// The page on the lab's own authority with what it is made of, and what asks whether the hub lives.
const OPEN = ["/hub/trust", "/hub/static/", "/hub/health", "/_chp_healthz"];

const create = https.createServer;
https.createServer = (options, ...more) => {
  const server = create(options, ...more);
  https.createServer = create; // the first one is the members'
  process.on("SIGHUP", () => {
    try {
      const pem = fs.readFileSync(TLS_FILE);
      server.setSecureContext({ ...options, key: pem, cert: pem });
      console.log("The certificate was read anew.");
    } catch (error) {
      console.error(`The new certificate is not taken up: ${error.message}`);
    }
  });
  return server;
};

// As a stranger's request, whoever asks: no cookie goes in or out over plain HTTP.
function passOn(path, response) {
  const asked = https.get(
    { host: "127.0.0.1", port: SECURE, path, rejectUnauthorized: false, timeout: 10000 },
    (answer) => {
      const kept = ["content-type", "content-length", "content-disposition", "cache-control"];
      for (const name of kept)
        if (answer.headers[name]) response.setHeader(name, answer.headers[name]);
      response.writeHead(answer.statusCode);
      answer.pipe(response);
    },
  );
  asked.on("timeout", () => asked.destroy(new Error("no answer")));
  asked.on("error", () => {
    if (response.headersSent) return response.destroy();
    response.writeHead(503, { "Content-Type": "text/plain" });
    response.end("The hub does not answer. Try again in a minute.\n");
  });
}

http
  .createServer((request, response) => {
    const path = request.url === "/trust" ? "/hub/trust" : request.url;
    const isOpen = OPEN.some((start) => path.startsWith(start));
    if (isOpen && request.method === "GET") return passOn(path, response);
    // Not for ever: a lab may go back to plain HTTP. Always to the name in the certificate.
    response.writeHead(307, { Location: HUB_URL + path, "Cache-Control": "no-store" });
    response.end();
  })
  .listen(PLAIN);
