package peer;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;

/** The probe of benchmarks/peers/probe.py in Java: one JSON line at the first record and one at the last. */
final class Meter {
    static final long N = Long.parseLong(System.getenv("BENCH_N"));
    static final AtomicLong seen = new AtomicLong();
    static final AtomicLong out = new AtomicLong();

    /** One record is about to be processed. */
    static void begin() {
        if (seen.get() == 0) say("first");
    }

    /** One more record is processed. */
    static void record() {
        if (seen.incrementAndGet() == N) say("last");
    }

    private static void say(String mark) {
        try {
            String stat = Files.readString(Path.of("/proc/self/stat"));
            String[] f = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            double cpu = (Long.parseLong(f[11]) + Long.parseLong(f[12])) / 100.0;
            double rss = Long.parseLong(f[21]) * 4096 / 1048576.0;
            System.out.printf("{\"mark\": \"%s\", \"wall\": %.3f, \"cpu_s\": %.2f, \"rss_mb\": %.1f, \"records\": %d, \"outputs\": %d}%n",
                mark, System.currentTimeMillis() / 1000.0, cpu, rss, seen.get(), out.get());
            System.out.flush();
        } catch (Exception e) { throw new RuntimeException(e); }
    }
}
