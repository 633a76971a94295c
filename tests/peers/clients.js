// One client of others against a listener: node clients.js PEER <<< {"port": N, "messages": [...]}
// Sends the messages one after another on one connection and prints [[MSA-1, MSA-2], ...].
"use strict";

const PATIENCE = 20000;
const host = "127.0.0.1";

const msa = (text) => {
  const line = text.split(/[\r\n]+/).find((segment) => segment.startsWith("MSA|")) || "";
  return line.split("|").slice(1, 3);
};

const clients = {
  async "node-hl7-client"(port, messages) {
    const { Client, Message } = require("node-hl7-client");
    const waiting = [];
    const client = new Client({ host });
    const outbound = client.createConnection({ port, waitAck: true }, async (reply) => {
      waiting.shift()(msa(reply.getMessage().toString()));
    });
    const answers = [];
    for (const text of messages) {
      const answer = new Promise((resolve) => waiting.push(resolve));
      await outbound.sendMessage(new Message({ text: text.replace(/\r$/, "") }));
      answers.push(await answer);
    }
    await outbound.close();
    return answers;
  },

  async "simple-hl7"(port, messages) {
    const hl7 = require("simple-hl7");
    const client = hl7.Server.createTcpClient({ host, port, keepalive: true });
    const parser = new hl7.Parser();
    const answers = [];
    for (const text of messages) {
      const ack = await new Promise((resolve, reject) =>
        client.send(parser.parse(text), (error, reply) => (error ? reject(error) : resolve(reply))),
      );
      answers.push(msa(ack.toString()));
    }
    client.close();
    return answers;
  },

  async "@medplum/hl7"(port, messages) {
    const { Hl7Message } = require("@medplum/core");
    const { Hl7Client } = require("@medplum/hl7");
    const client = new Hl7Client({ host, port, keepAlive: true });
    const options = { timeoutMs: PATIENCE, returnAck: "application" };
    const answers = [];
    for (const text of messages) {
      answers.push(msa((await client.sendAndWait(Hl7Message.parse(text), options)).toString()));
    }
    await client.close();
    return answers;
  },
};

const { port, messages } = JSON.parse(require("fs").readFileSync(0, "utf8"));
setTimeout(() => process.exit(3), PATIENCE).unref();
clients[process.argv[2]](port, messages).then(
  (answers) => process.stdout.write(JSON.stringify(answers), () => process.exit(0)),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
