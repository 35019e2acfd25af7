"""Does the same work for many shards: in processes, or on Apache Beam."""
