package peer;

import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Produced;

/**
 * The tag job in Kafka Streams. Started by benchmarks/peers/processes.py with the settings tuned: a cache of 128 MB
 * (CACHE), so that one user's many writes become one, and a producer that lingers (LINGER, ms).
 */
public final class TagJob {
    static String env(String k, String d) { return System.getenv().getOrDefault(k, d); }

    public static void main(String[] args) throws Exception {
        long cache = Long.parseLong(env("CACHE", "10485760"));
        Properties p = new Properties();
        p.put(StreamsConfig.APPLICATION_ID_CONFIG, env("BENCH_GROUP", "kstreams"));
        p.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, env("BENCH_KAFKA", "127.0.0.1:9092"));
        p.put(StreamsConfig.STATE_DIR_CONFIG, env("BENCH_STATE", "target/ks-state"));
        p.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, env("THREADS", "1"));
        p.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, env("GUARANTEE", "at_least_once"));
        p.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, cache);
        p.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
        if (!env("COMMIT", "").isEmpty()) p.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, env("COMMIT", ""));
        if (!env("LINGER", "").isEmpty()) p.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), env("LINGER", ""));
        if (!env("INSTANCE", "").isEmpty()) p.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG), env("INSTANCE", ""));
        if (!env("SESSION", "").isEmpty()) p.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG), env("SESSION", ""));

        StreamsBuilder b = new StreamsBuilder();
        b.stream(env("BENCH_IN", "job.events"), Consumed.with(Serdes.String(), Json.of(Event.class)))
            .process(new TagProcessor.Supplier(cache > 0, env("EXPIRE", "none"), Duration.ofMillis(Long.parseLong(env("EVERY", "3600000")))))
            .to(env("BENCH_OUT", "job.tags.kstreams"), Produced.with(Serdes.String(), Json.of(TagChange.class)));

        KafkaStreams ks = new KafkaStreams(b.build(), p);
        ks.setUncaughtExceptionHandler(x -> { x.printStackTrace(); return StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse.SHUTDOWN_CLIENT; });
        CountDownLatch stop = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> { ks.close(Duration.ofSeconds(20)); stop.countDown(); }));
        ks.start();
        stop.await();
    }
}
