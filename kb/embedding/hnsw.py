"""A recipe's own HNSW indexes: `make_indexes(recipe)`, `drop_indexes(recipe)`.

Each is partial, over the recipe's vectors alone. They are made without stopping those who write,
with memory for the whole graph (on disk it takes several times as long) and with all cores.
"""

from django.db import OperationalError, connection, models

from kb.models import ChunkVector, EmbeddingRecipe, QuestionVector

M = 24
EF_CONSTRUCTION = 128
MIN_MEMORY_MIB = 64
MAX_MEMORY_MIB = 4096
WORKERS = 7
"""Beside the process itself; PostgreSQL gives no more than it has."""
TABLES: tuple[type[models.Model], ...] = (ChunkVector, QuestionVector)


def make_indexes(recipe: EmbeddingRecipe) -> None:
    connection.check_constraints()  # an index is not made over pending ones
    for table in TABLES:
        try:
            _make(table, recipe, workers=WORKERS)
        except OperationalError:  # workers share memory that a container may not have
            if connection.in_atomic_block:
                raise
            _drop(table, recipe)
            _make(table, recipe, workers=0)


def drop_indexes(recipe: EmbeddingRecipe) -> None:
    for table in TABLES:
        _drop(table, recipe)


def _make(table: type[models.Model], recipe: EmbeddingRecipe, *, workers: int) -> None:
    count = table._default_manager.filter(recipe=recipe).count()
    beside = "" if connection.in_atomic_block else "CONCURRENTLY"
    with connection.cursor() as cursor:
        cursor.execute(f"SET maintenance_work_mem = '{_memory_mib(count, recipe.dimension)}MB'")
        cursor.execute(f"SET max_parallel_maintenance_workers = {workers}")
        try:
            cursor.execute(
                f"CREATE INDEX {beside} {_name(table, recipe)} ON {table._meta.db_table} "
                f"USING hnsw ((vector::halfvec({int(recipe.dimension)})) halfvec_cosine_ops) "
                f"WITH (m = {M}, ef_construction = {EF_CONSTRUCTION}) "
                f"WHERE recipe_id = {int(recipe.pk)}"
            )
        finally:
            if not connection.needs_rollback:
                cursor.execute("RESET maintenance_work_mem")
                cursor.execute("RESET max_parallel_maintenance_workers")


def _memory_mib(count: int, dimension: int) -> int:
    """A row in the graph: its vector and about 2·M neighbours below and above, with room to
    spare."""
    whole = count * (dimension * 2 + M * 32 + 200) * 1.4
    return int(min(max(whole / 2**20, MIN_MEMORY_MIB), MAX_MEMORY_MIB))


def _drop(table: type[models.Model], recipe: EmbeddingRecipe) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX IF EXISTS {_name(table, recipe)}")


def _name(table: type[models.Model], recipe: EmbeddingRecipe) -> str:
    return f"{table._meta.db_table}_hnsw_{int(recipe.pk)}"
