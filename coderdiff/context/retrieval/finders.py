"""What the usual mappers of tables let a class be asked for, that writes no such method: `Order.find(1)` is an Order.

By the names that they have in ActiveRecord, Eloquent, Django, SQLAlchemy for Flask, Sequelize, TypeORM and Mongoose.
A class's own methods come before these, and only one that extends a library's class has them.
"""

from __future__ import annotations

from coderdiff.context.retrieval.expressions import words
from coderdiff.context.retrieval.known import SCRIPTS, Many, Owner, Value

_SCRIPTS_ONE = words("findOne findById findByPk findOneBy findOneOrFail findUnique findFirst create build")
_SCRIPTS_MANY = words("find findAll findMany findBy")

_ONE = {
    "ruby": words(
        "find find_by find_by! create create! first first! last last! take build sole find_or_create_by "
        "find_or_create_by! find_or_initialize_by"
    ),
    "php": words(
        "find findOrFail findOrNew first firstOrFail firstOrCreate firstOrNew firstWhere create make updateOrCreate"
    ),
    **dict.fromkeys(SCRIPTS, _SCRIPTS_ONE),
}
_MANY = {
    "ruby": words(
        "all where order limit offset includes joins preload eager_load distinct find_each in_batches"
    ),
    "php": words("all where whereIn query with latest oldest orderBy get paginate"),
    "python": words("objects query"),
    **dict.fromkeys(SCRIPTS, _SCRIPTS_MANY),
}


def found_by(owner: Owner, language: str | None, name: str) -> Value | None:
    """What a member of this name gives of a class that has none."""
    if name in _ONE.get(language or "", ()):
        return owner
    return Many(owner) if name in _MANY.get(language or "", ()) else None
