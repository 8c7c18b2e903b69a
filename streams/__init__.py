"""What is computed: windows, measures, tags, detectors and deadlines. Pure, time is an argument."""
