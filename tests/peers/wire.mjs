// What the scripts of this folder share: how they talk with their test, and a `fetch` that goes through the TLS front.
//
// A script is told where and who it is by one line of JSON on standard input, says on standard output where to send the
// browser, is told by a second line where the browser came back to, and ends with one line about all that it got.
import { readFileSync } from "node:fs";
import { request } from "node:https";
import { createInterface } from "node:readline";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

export const heard = async () => JSON.parse((await lines.next()).value);
export const say = (content) => process.stdout.write(JSON.stringify(content) + "\n");
export const ends = (content) => process.stdout.write(JSON.stringify(content) + "\n", () => process.exit(0));

// Both libraries take a fetch of one's own for this: the names of the front lead to where it listens, its certificate is
// checked, and a certificate of the client is shown where the front asks for one.
export const through = ({ port, authority, certificate }) => {
  const options = { port, ca: readFileSync(authority), lookup: toLoopback };
  if (certificate) options.cert = options.key = readFileSync(certificate);
  return (address, { method = "GET", headers, body } = {}) =>
    new Promise((resolve, reject) => {
      const { hostname, pathname, search } = new URL(address);
      const sent = request(
        { ...options, hostname, path: pathname + search, method, headers: Object.fromEntries(new Headers(headers)) },
        async (answer) => {
          const parts = [];
          for await (const part of answer) parts.push(part);
          const { statusCode: status, headers: told } = answer;
          resolve(new Response(status === 204 ? null : Buffer.concat(parts), { status, headers: flat(told) }));
        },
      );
      sent.on("error", reject);
      sent.end(body ? String(body) : undefined);
    });
};

const toLoopback = (_name, { all }, found) => (all ? found(null, [{ address: "127.0.0.1", family: 4 }]) : found(null, "127.0.0.1", 4));
const flat = (told) => Object.entries(told).flatMap(([name, value]) => [value].flat().map((one) => [name, one]));
