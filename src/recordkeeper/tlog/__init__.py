"""The audit trail's log: Merkle tree, tiles, checkpoints, signed notes; knows no records."""
