// One server of others: node servers.js PEER PORT. Answers AA to everything; says "ready" when it listens, prints the
// number of each message that it takes, and ends when its input does.
"use strict";

const net = require("net");

const host = "127.0.0.1";
const say = (words) => process.stdout.write(`${words}\n`);
const took = (message) => say(message.toString().split("|")[9]);

const servers = {
  async "node-hl7-server"(port) {
    const { Server } = require("node-hl7-server");
    new Server({ bindAddress: host }).createInbound({ port }, async (request, response) => {
      took(request.getMessage());
      await response.sendResponse("AA");
    });
  },

  async "simple-hl7"(port) {
    const hl7 = require("simple-hl7");
    const app = hl7.tcp();
    app.use((request, response, next) => {
      took(request.msg);
      next();
    });
    app.use((request, response) => response.end());
    app.start(port);
  },

  async "@medplum/hl7"(port) {
    const { Hl7Server } = require("@medplum/hl7");
    const server = new Hl7Server((connection) =>
      connection.addEventListener("message", ({ message }) => {
        took(message);
        connection.send(message.buildAck());
      }),
    );
    server.start(port);
  },
};

const listening = (port) =>
  new Promise((resolve) => {
    const knock = () =>
      net
        .connect(port, host, function () {
          this.destroy();
          resolve();
        })
        .on("error", () => setTimeout(knock, 20));
    knock();
  });

process.stdin.on("end", () => process.exit(0)).resume();
const [peer, port] = [process.argv[2], Number(process.argv[3])];
servers[peer](port)
  .then(() => listening(port))
  .then(
    () => say("ready"),
    (error) => {
      console.error(error);
      process.exit(1);
    },
  );
