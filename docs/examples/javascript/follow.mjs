// Prints what happens, a JSON document a line:  node follow.mjs redis://127.0.0.1:6379 [prefix]
// Type a user's id to look them up, an empty line to see everything.
import { createInterface } from "node:readline";
import { createClient } from "redis";
import { Tags, apply } from "./tagstream.mjs";

const [url = "redis://127.0.0.1:6379", prefix = "tagstream"] = process.argv.slice(2);
const redis = createClient({ url });
redis.on("error", () => {}); // it connects again by itself
await redis.connect();
const tags = new Tags(redis, prefix);
const all = new Map(); // partition -> users
const print = (what) => console.log(JSON.stringify(what));

createInterface({ input: process.stdin })
  .on("line", async (user) => {
    if (user) print({ user, tags: await tags.of(user) });
    else print({ all: Object.fromEntries([...all.values()].flatMap((users) => [...users])) });
  })
  .on("close", () => process.exit());

await tags.follow(({ partition, users, change, gap }) => {
  if (users) all.set(partition, users);
  if (change) apply(all.get(partition), change);
  if (change) print({ partition, change });
  else if (users) print({ partition, users: users.size });
  else print({ partition, gap });
});
