"""Migrating an empty database without drawing the whole house anew for every stone.

At each operation Django renders model classes anew: that of the changed table and those of all that are related to it,
which are nearly all here. It was most of what a first start took. Whoever changes a table needs its class, and of the
tables that it refers to only what a foreign key asks for; a data step may follow relations anywhere, so it gets all.

Only an empty database is migrated so: it always gets the same operations, and a test holds what comes of them against
Django's own way. A database with anything in it is upgraded by Django alone.
"""

from __future__ import annotations

from typing import Any, Final

from django.db.migrations import operations as op
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ModelState, ProjectState, StateApps
from django.db.migrations.utils import resolve_relation
from django.db.models import CompositePrimaryKey

Key = tuple[str, str]
"""A model's room and its name in small letters."""

OF_ONE_TABLE: Final = (
    op.CreateModel,
    op.AddField,
    op.RemoveField,
    op.AddIndex,
    op.RemoveIndex,
    op.AddConstraint,
    op.RemoveConstraint,
    op.AlterModelOptions,
    op.AlterModelManagers,
    op.AlterUniqueTogether,
)
"""What changes a table whatever refers to it."""
WITHOUT_STATE: Final = (op.RunSQL, op.RunPython)
"""What asks for no classes, or says so beforehand by `clear_delayed_apps_cache`."""
OF_A_WHOLE_MODEL: Final = ("constraints", "indexes", "unique_together", "index_together", "order_with_respect_to")


class FirstMigrationExecutor(MigrationExecutor):
    """Django's, except for how it comes by the classes of a database to which nothing was applied."""

    def migrate(
        self,
        targets: Any,
        plan: Any = None,
        state: ProjectState | None = None,
        fake: bool = False,  # noqa: FBT001, FBT002  # Django's signature
        fake_initial: bool = False,  # noqa: FBT001, FBT002
    ) -> ProjectState:
        if self.loader.applied_migrations or fake or fake_initial:
            return super().migrate(targets, plan, state, fake, fake_initial)
        done = super().migrate(targets, plan, FrugalState(real_apps=self.loader.unmigrated_apps))
        return ProjectState(models=done.models, real_apps=done.real_apps)

    def apply_migration(
        self,
        state: ProjectState,
        migration: Any,
        fake: bool = False,  # noqa: FBT001, FBT002  # Django's signature
        fake_initial: bool = False,  # noqa: FBT001, FBT002
    ) -> ProjectState:
        if isinstance(state, FrugalState):
            state.renders_all = not all(map(_is_of_one_table, migration.operations))
        return super().apply_migration(state, migration, fake, fake_initial)


class FrugalState(ProjectState):
    """A state whose `apps` are rendered when they are asked for, and only those that are.

    `renders_all`: whether whoever asks may look at any class and at whatever refers to it.
    """

    def __init__(self, models: dict[Key, ModelState] | None = None, real_apps: set[str] | None = None) -> None:
        super().__init__(models, real_apps)
        self.renders_all = False
        self.before: FrugalState | None = None
        self.apps: Any = FrugalApps(self)

    def clone(self) -> FrugalState:
        """How it stands: a migration asks for this before each operation, and changes the original."""
        self.before = FrugalState({key: model.clone() for key, model in self.models.items()}, self.real_apps)
        self.before.renders_all = self.renders_all
        self.before.apps.rendered = dict(self.apps.rendered)
        return self.before

    def clear_delayed_apps_cache(self) -> None:
        """Django asks for this before each data step."""
        self.apps = FrugalApps(self)
        self.renders_all = True

    def reload_model(self, app_label: str, model_name: str, delay: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        self.apps = FrugalApps(self)

    def reload_models(self, models: Any, delay: bool = True) -> None:  # noqa: ARG002, FBT001, FBT002
        self.apps = FrugalApps(self)

    def remove_model(self, app_label: str, model_name: str) -> None:
        del self.apps  # Else Django takes the class out of them.
        super().remove_model(app_label, model_name)
        self.apps = FrugalApps(self)


class FrugalApps:
    """What an operation needs of Django's registry of models: all of it only where its state says so."""

    def __init__(self, state: FrugalState) -> None:
        self.state = state
        self.rendered: dict[Key, Any] = {}
        self._all: StateApps | None = None

    def get_model(self, app_label: str, model_name: str | None = None, require_ready: bool = True) -> Any:  # noqa: ARG002, FBT001, FBT002
        if model_name is None:
            app_label, model_name = app_label.split(".")
        key = (app_label, model_name.lower())
        before = self.state.before
        if before is not None and key in before.models:
            # First: where SQLite makes a table anew, its columns stand as their fields were made.
            before.apps.get_model(*key)
        if self.state.renders_all:
            return self.all.get_model(*key)
        if key not in self.rendered:
            if key not in self.state.models:
                raise LookupError(f"there is no model {app_label}.{model_name} in this state")
            self.rendered[key] = StateApps([], self._with_what_it_refers_to(key)).get_model(*key)
        return self.rendered[key]

    @property
    def all(self) -> StateApps:
        if self._all is None:
            self._all = StateApps(sorted(self.state.real_apps), self.state.models)
        return self._all

    def __getattr__(self, name: str) -> Any:
        return getattr(self.all, name)

    def _with_what_it_refers_to(self, key: Key) -> dict[Key, ModelState]:
        models = {key: self.state.models[key]}
        waiting = [key]
        while waiting:
            for other in _referred_to(models[waiting.pop()]):
                if other not in models and other in self.state.models:
                    models[other] = _as_seen_from_afar(self.state.models[other])
                    waiting.append(other)
        return models


def _is_of_one_table(operation: op.base.Operation) -> bool:
    if isinstance(operation, op.AlterField):
        return not operation.field.primary_key  # Whatever refers to a key changes with the key.
    return isinstance(operation, OF_ONE_TABLE + WITHOUT_STATE)


def _referred_to(model: ModelState) -> set[Key]:
    named: set[Any] = {base for base in model.bases if isinstance(base, str)}
    for relation in (field.remote_field for field in model.fields.values() if field.remote_field):
        named |= {relation.model, getattr(relation, "through", None)}
    return {resolve_relation(one, model.app_label, model.name_lower) for one in named - {None}}


def _as_seen_from_afar(model: ModelState) -> ModelState:
    """The same table with its own columns and its key: nothing that refers further, if the key can do without."""
    is_composite = any(isinstance(field, CompositePrimaryKey) for field in model.fields.values())
    return ModelState(
        model.app_label,
        model.name,
        [(n, f) for n, f in model.fields.items() if is_composite or f.primary_key or not f.is_relation],
        {name: value for name, value in model.options.items() if name not in OF_A_WHOLE_MODEL},
        model.bases,
    )
