import { expect, test } from "vitest";
import { post, type PostResult } from "../../src/host/http.ts";
import { WebhookServer } from "../kit/webhook-server.ts";

const never = new AbortController().signal;

const postTo = (url: string, timeoutMs = 20_000, signal = never): Promise<PostResult> =>
  post(url, { headers: { "X-Test": "1" }, body: "grüße", timeoutMs, signal });

test("what is posted arrives, and the status comes back", async () => {
  await using server = await WebhookServer.start(202);
  expect(await postTo(`${server.url}/hook?key=1`)).toEqual({ kind: "answered", status: 202 });
  expect(server.posts).toMatchObject([
    {
      method: "POST",
      path: "/hook?key=1",
      headers: { "x-test": "1", "content-length": "7" },
      body: "grüße",
    },
  ]);
});

test("a redirect is not followed", async () => {
  await using other = await WebhookServer.start(200);
  await using server = await WebhookServer.start([307, { location: other.url }]);
  expect(await postTo(server.url)).toEqual({ kind: "answered", status: 307 });
  expect(other.posts).toEqual([]);
});

test("nobody answers in time, or before it is stopped, or at all", async () => {
  await using hanging = await WebhookServer.start("hang");
  expect(await postTo(hanging.url, 20)).toEqual({ kind: "unanswered", problem: "no answer within 0.02 s" });

  const controller = new AbortController();
  const stopped = postTo(hanging.url, 20_000, controller.signal);
  await hanging.arrived(2);
  controller.abort();
  expect(await stopped).toEqual({ kind: "unanswered", problem: "it was stopped" });
  expect(await postTo(hanging.url, 20_000, controller.signal)).toMatchObject({ problem: "it was stopped" });

  await using dropping = await WebhookServer.start("drop");
  expect(await postTo(dropping.url)).toMatchObject({ kind: "unanswered" });
  const { url } = dropping;
  await dropping[Symbol.asyncDispose]();
  expect(await postTo(url)).toMatchObject({
    kind: "unanswered",
    problem: expect.stringContaining("ECONNREFUSED") as unknown,
  });
});

test("only http and https", async () => {
  expect(await postTo("file:///etc/passwd")).toEqual({
    kind: "unanswered",
    problem: "file: is neither http: nor https:",
  });
});
