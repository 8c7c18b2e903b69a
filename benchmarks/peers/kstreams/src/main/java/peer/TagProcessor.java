package peer;

import java.time.Duration;
import java.util.Set;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

final class TagProcessor extends ContextualProcessor<String, Event, String, TagChange> {
    static final String STORE = "users";
    private final String expire;
    private final Duration every;
    private KeyValueStore<String, UserState> store;

    TagProcessor(String expire, Duration every) { this.expire = expire; this.every = every; }

    @Override
    public void init(ProcessorContext<String, TagChange> context) {
        super.init(context);
        store = context.getStateStore(STORE);
        if (expire.equals("stream")) context.schedule(every, PunctuationType.STREAM_TIME, this::sweep);
        if (expire.equals("wall")) context.schedule(every, PunctuationType.WALL_CLOCK_TIME, this::sweep);
    }

    @Override
    public void process(Record<String, Event> record) {
        Meter.begin();
        Event e = record.value();
        UserState s = store.get(record.key());
        if (s == null) s = new UserState();
        s.add(e);
        emit(record.key(), s, e.time, record.timestamp(), e.id);
        store.put(record.key(), s);
        Meter.record();
    }

    /** Returns true when a tag changed. */
    private boolean emit(String user, UserState s, long time, long ts, String cause) {
        byte tier = s.tierNow();
        boolean velocity = s.velocityNow();
        boolean changed = false;
        if (tier != s.tier) {
            send(user, new TagChange(user, "tier", UserState.TIERS[s.tier], UserState.TIERS[tier], time, cause), ts);
            s.tier = tier;
            changed = true;
        }
        if (velocity != s.velocity) {
            send(user, new TagChange(user, "velocity", s.velocity, velocity, time, cause), ts);
            s.velocity = velocity;
            changed = true;
        }
        return changed;
    }

    private void send(String user, TagChange c, long ts) {
        Meter.out.incrementAndGet();
        context().forward(new Record<>(user, c, ts));
    }

    /** Optional: lets tags fall without a new event of that user, by a scan of every key of this task. */
    private void sweep(long now) {
        try (KeyValueIterator<String, UserState> it = store.all()) {
            while (it.hasNext()) {
                KeyValue<String, UserState> kv = it.next();
                UserState s = kv.value;
                if (s.tier == 0 && !s.velocity) continue;
                s.advance(now);
                if (emit(kv.key, s, now, now, "sweep")) store.put(kv.key, s);
            }
        }
    }

    record Supplier(boolean cache, String expire, Duration every) implements ProcessorSupplier<String, Event, String, TagChange> {
        @Override
        public Processor<String, Event, String, TagChange> get() { return new TagProcessor(expire, every); }

        @Override
        public Set<StoreBuilder<?>> stores() {
            var b = Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(STORE), Serdes.String(),
                Serdes.serdeFrom((t, s) -> s == null ? null : s.encode(), (t, d) -> d == null ? null : UserState.decode(d)));
            return Set.of(cache ? b.withCachingEnabled() : b.withCachingDisabled());
        }
    }
}
