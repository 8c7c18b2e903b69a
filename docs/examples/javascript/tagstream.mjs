// A consumer of tagstream in JavaScript: look tags up, follow them without missing a change.
// Needs nothing but a Redis client (npm install redis). docs/consumers.md explains each step.

export function murmur2(text) {
  const bytes = Buffer.from(text, "utf8");
  const m = 0x5bd1e995;
  let h = 0x9747b28c ^ bytes.length;
  let at = 0;
  for (; at + 4 <= bytes.length; at += 4) {
    let k = Math.imul(bytes.readInt32LE(at), m);
    k = Math.imul(k ^ (k >>> 24), m);
    h = Math.imul(h, m) ^ k;
  }
  const left = bytes.length - at;
  if (left === 3) h ^= bytes[at + 2] << 16;
  if (left >= 2) h ^= bytes[at + 1] << 8;
  if (left >= 1) h = Math.imul(h ^ bytes[at], m);
  h = Math.imul(h ^ (h >>> 13), m);
  return (h ^ (h >>> 15)) >>> 0;
}

export class Tags {
  constructor(redis, prefix = "tagstream") {
    this.redis = redis;
    this.prefix = prefix;
  }

  async partitions() {
    this.count ??= Number(await this.redis.hGet(`${this.prefix}:meta`, "partitions"));
    if (!this.count) throw new Error(`no worker has published under ${this.prefix}`);
    return this.count;
  }

  // The tags of a user, {name: {value, since, seq}}; null for a user who has none.
  async of(user) {
    const partition = (murmur2(user) & 0x7fffffff) % (await this.partitions());
    const fields = Object.entries(await this.redis.hGetAll(this.key(partition, `user:${user}`)));
    return fields.length ? tagsIn(fields) : null;
  }

  // Tells onNews of {partition, gap} (null: the first time) when what you have of a partition is
  // not whole, of {partition, users} (a Map) when it is again, and of each {partition, change}.
  async follow(onNews) {
    const waiting = await this.redis.duplicate().connect(); // XREAD BLOCK keeps its connection busy
    waiting.on("error", () => {}); // the client connects again by itself
    const at = new Map(); // partition -> {run, seq}
    const lost = async (partition, gap) => {
      onNews({ partition, gap });
      const { users, ...position } = await this.snapshot(partition);
      at.set(partition, position);
      onNews({ partition, users });
    };
    const count = await this.partitions();
    for (let partition = 0; partition < count; partition++) await lost(partition, null);
    for (;;) {
      try {
        const streams = [...at].map(([p, { seq }]) => ({
          key: this.key(p, "changes"),
          id: `${seq}-0`,
        }));
        const found = await waiting.xRead(streams, { BLOCK: 1000, COUNT: 1000 });
        for (const [partition, position] of at) {
          const meta = await this.meta(partition); // read after the stream: see docs/consumers.md
          const stream = found?.find(({ name }) => name === this.key(partition, "changes"));
          const changes = (stream?.messages ?? []).map(({ message }) => JSON.parse(message.data));
          const last = changes.at(-1)?.seq ?? position.seq;
          if (meta.run !== position.run) await lost(partition, "new run");
          else if (meta.seq < position.seq) await lost(partition, "lost");
          else if (last - position.seq !== changes.length) await lost(partition, "trimmed");
          else {
            position.seq = last;
            for (const change of changes) onNews({ partition, change });
          }
        }
      } catch (error) {
        if (error instanceof TypeError || error instanceof SyntaxError) throw error; // our fault
        await sleep(100); // Redis is away: what was not told yet is read again
      }
    }
  }

  // All users of a partition, exactly as they are at one position.
  async snapshot(partition) {
    for (;;) {
      const begin = await this.meta(partition);
      const users = begin.run && !begin.building && (await this.sweep(partition, begin));
      if (users) return users;
      await sleep(100); // a new run is being written, or the snapshot was overtaken by one
    }
  }

  async sweep(partition, { run, seq }) {
    const users = new Map();
    const prefix = this.key(partition, "user:");
    const metaKey = this.key(partition, "meta");
    const server = await this.server();
    let cursor = "0";
    do {
      const page = await this.redis.scan(cursor, { MATCH: `${prefix}*`, COUNT: 500 });
      const together = this.redis.multi().hmGet(metaKey, META); // a transaction: one instant
      for (const key of page.keys) together.hGetAll(key);
      const [answer, ...hashes] = await together.exec();
      const now = metaIn(answer);
      const entries = await this.redis.xRange(
        this.key(partition, "changes"), `(${seq}-0`, `${now.seq}-0`,
      );
      const after = await this.meta(partition);
      const same = [now, after].every((meta) => meta.run === run && !meta.building);
      if (!same || entries.length !== now.seq - seq) return null; // begin again
      for (const { message } of entries) apply(users, JSON.parse(message.data));
      page.keys.forEach((key, i) => {
        const fields = Object.entries(hashes[i]);
        if (fields.length) users.set(key.slice(prefix.length), tagsIn(fields));
        else users.delete(key.slice(prefix.length));
      });
      seq = now.seq;
      cursor = page.cursor;
    } while (cursor !== "0");
    // A cursor means nothing to a server that was started anew or took over meanwhile.
    return server === (await this.server()) ? { run, seq, users } : null;
  }

  async server() {
    return /run_id:(\w+)/.exec(await this.redis.info("server"))[1];
  }

  async meta(partition) {
    return metaIn(await this.redis.hmGet(this.key(partition, "meta"), META));
  }

  key(partition, rest) {
    return `${this.prefix}:{${partition}}:${rest}`;
  }
}

// What a change does to what you know.
export function apply(users, { user_id: user, tag, new: value, time, seq }) {
  if (tag === null) users.delete(user);
  else if (value !== null) users.set(user, { ...users.get(user), [tag]: { value, since: time, seq } });
  else if (users.has(user)) {
    const { [tag]: _, ...others } = users.get(user);
    if (Object.keys(others).length) users.set(user, others);
    else users.delete(user);
  }
}

const META = ["run", "seq", "building"];
const metaIn = ([run, seq, building]) => ({ run, seq: Number(seq), building: building !== null });
const tagsIn = (fields) => Object.fromEntries(fields.map(([tag, json]) => [tag, JSON.parse(json)]));
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
