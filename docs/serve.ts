// Copyright 2026 the Adjoint authors. MIT license.

// Builds the site and serves it to this machine, and to no other.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import sirv from "npm:sirv@3.0.2";
import { build, SITE_FOLDER } from "./build.ts";

const PORT = 8000;

/**
 * Serves a folder on the loopback interface; the result is the address. Where
 * the port is taken, it is another one.
 */
export function serve(folder: URL, port: number): Promise<Served> {
  const files = sirv(fileURLToPath(folder), { dev: true });
  const server = createServer((request, response) => {
    files(request, response, () => {
      missing(folder).then((html) => {
        response.writeHead(404, { "content-type": "text/html" });
        response.end(html);
      });
    });
  });
  return new Promise((resolve, reject) => {
    server.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE" && port !== 0) {
        port = 0;
        server.listen(port, "127.0.0.1");
      } else reject(error);
    });
    server.on("listening", () => {
      const { port } = server.address() as AddressInfo;
      resolve({
        address: `http://127.0.0.1:${port}/`,
        close: () => {
          server.closeAllConnections();
          server.close();
        },
      });
    });
    server.listen(port, "127.0.0.1");
  });
}

/** What hosts of static sites answer where there is no file. */
async function missing(folder: URL): Promise<string> {
  const url = new URL("404.html", folder);
  const html = await Deno.readTextFile(url).catch(() => "Not found");
  // Its links begin here, whatever was asked for.
  return html.replace("<head>", '<head>\n<base href="/">');
}

/** A folder that is being served. */
export interface Served {
  address: string;
  close(): void;
}

if (import.meta.main) {
  try {
    console.log(await build());
    const { address } = await serve(SITE_FOLDER, PORT);
    console.log(`Serving docs/site at ${address}, until Ctrl+C`);
  } catch (error) {
    console.error(`error: ${(error as Error).message}`);
    Deno.exit(1);
  }
}
