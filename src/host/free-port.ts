import { hasCode } from "./files.ts";

/** Tells whether a server could listen on a port now, on each of the machine's own addresses for itself. */
export async function isPortFree(port: number): Promise<boolean> {
  for (const host of ["127.0.0.1", "::1"]) if (!(await canListen(host, port))) return false;
  return true;
}

async function canListen(host: string, port: number): Promise<boolean> {
  // Heavy, and most runs ask for no port.
  const { createServer } = await import("node:net");
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error) => {
      // Where one of the two kinds of address is not there, nobody listens on it.
      if (hasCode(error, "EADDRNOTAVAIL", "EAFNOSUPPORT")) resolve(true);
      else if (hasCode(error, "EADDRINUSE", "EACCES")) resolve(false);
      else reject(error);
    });
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
