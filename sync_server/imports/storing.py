"""Responses of an import into the database, a chunk at a time: new ones, revisions, customers, vehicles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import delete, insert, select, tuple_, update
from sqlalchemy.orm import Session

from shared_models.columns import sql_table
from shared_models.ids import new_id
from shared_models.imports.mapping import SurveyMapping
from sync_server.imports.cleaning import CleanResponse
from sync_server.surveys.tables import (
    Customer,
    Response,
    ResponseAnswer,
    ResponseRevision,
    SurveyHouse,
    SurveyQuestion,
    Vehicle,
)

_response, _answer = sql_table(Response), sql_table(ResponseAnswer)
_customer, _vehicle = sql_table(Customer), sql_table(Vehicle)
Fate = Literal["loaded", "revised", "unchanged"]


@dataclass(frozen=True)
class Stored:
    """What became of one response."""

    response_id: str
    fate: Fate


def keep_house(session: Session, mapping: SurveyMapping) -> str:
    """The id of the mapping's survey house and the wording of its questions, brought up to date."""
    code = mapping.house.code
    house = session.scalars(select(SurveyHouse).where(sql_table(SurveyHouse).c.code == code)).first()
    if house is None:
        house = SurveyHouse(code=code, name="", name_en="")
    house.name, house.name_en = mapping.house.name.zh, mapping.house.name.en
    session.add(house)
    for column in mapping.execution:
        session.merge(
            SurveyQuestion(
                survey=mapping.name,
                code=column.code,
                text=column.text.zh,
                text_en=column.text.en,
                kind="execution",
                item_code=column.item,
            )
        )
    for column in mapping.ratings:
        session.merge(
            SurveyQuestion(
                survey=mapping.name,
                code=column.code,
                text=column.text.zh,
                text_en=column.text.en,
                kind="rating",
                item_code=column.item,
                minimum=column.minimum,
                maximum=column.maximum,
            )
        )
    session.flush()
    return house.id


@dataclass(frozen=True)
class ResponseStore:
    """Where the responses of one file go."""

    session: Session
    mapping: SurveyMapping
    house_id: str
    now: datetime

    def known(self, keys: Sequence[str]) -> dict[str, Any]:
        """The stored responses with these keys: id, revision and content hash by key."""
        r = _response.c
        rows = self.session.execute(
            select(r.external_key, r.id, r.revision, r.content_sha256).where(
                r.house_id == self.house_id, r.survey == self.mapping.name, r.external_key.in_(keys)
            )
        )
        return {row.external_key: row for row in rows}

    def changed(self, responses: Sequence[CleanResponse], known: dict[str, Any]) -> bool:
        """Whether storing these would change anything."""
        return any(
            response.key not in known or known[response.key].content_sha256 != response.content_sha256
            for response in responses
        )

    def store(
        self, rows: Sequence[tuple[int, CleanResponse]], known: dict[str, Any], batch_id: str
    ) -> list[Stored]:
        """Store rows (with their number in the file); gives their fates in the same order."""
        people = self._people([response for _, response in rows])
        stored: list[Stored] = []
        new: list[dict[str, Any]] = []
        answers: list[dict[str, Any]] = []
        for (number, response), (customer_id, vehicle_id) in zip(rows, people, strict=True):
            before = known.get(response.key)
            content = response.content_sha256
            if before is not None and before.content_sha256 == content:
                stored.append(Stored(before.id, "unchanged"))
                continue
            values = self._values(response, content) | {
                "customer_id": customer_id,
                "vehicle_id": vehicle_id,
                "batch_id": batch_id,
                "row_number": number,
            }
            if before is None:
                response_id = new_id()
                new.append(values | {"id": response_id, "revision": 0})
            else:
                response_id = before.id
                self._revise(response_id, before.revision, values)
            answers += [
                {
                    "response_id": response_id,
                    "code": answer.code,
                    "kind": answer.kind,
                    "state": answer.state,
                    "value": answer.value[:200],
                    "item_code": answer.item,
                }
                for answer in response.answers
                if answer.state != "blank"
            ]
            stored.append(Stored(response_id, "loaded" if before is None else "revised"))
        if new:
            self.session.execute(insert(_response), new)
        if answers:
            self.session.execute(insert(_answer), answers)
        return stored

    def _values(self, response: CleanResponse, content: str) -> dict[str, Any]:
        return {
            "house_id": self.house_id,
            "survey": self.mapping.name,
            "external_key": response.key,
            "source": self.mapping.source.value,
            "area": self.mapping.area,
            "dealer_id": response.dealer_id,
            "call_task_id": None,
            "day": response.day,
            "month": f"{response.day.year:04d}-{response.day.month:02d}",
            "wave": response.wave,
            "disposition": response.disposition.value,
            "attempt": response.attempt,
            "seconds": response.seconds,
            "agent": response.agent,
            "employee": response.employee,
            "event_day": response.event_day,
            "verbatim": response.verbatim,
            "complaint": response.complaint,
            "content_sha256": content,
        }

    def _revise(self, response_id: str, revision: int, values: dict[str, Any]) -> None:
        """Keep what the response said, then let it say what the new row says."""
        r, a = _response.c, _answer.c
        before = self.session.execute(select(_response).where(r.id == response_id)).mappings().one()
        said = self.session.execute(select(_answer).where(a.response_id == response_id).order_by(a.code))
        content = {k: v.isoformat() if hasattr(v, "isoformat") else v for k, v in before.items()}
        content["answers"] = [dict(row) for row in said.mappings()]
        self.session.add(
            ResponseRevision(
                response_id=response_id,
                revision=revision,
                content=content,
                batch_id=before["batch_id"],
                replaced_at=self.now,
            )
        )
        self.session.flush()
        self.session.execute(delete(_answer).where(a.response_id == response_id))
        change = update(_response).where(r.id == response_id).values(**values, revision=revision + 1)
        self.session.execute(change)

    def _people(self, responses: Sequence[CleanResponse]) -> list[tuple[str | None, str | None]]:
        """Customer and vehicle of each response, made where they are new."""
        customers = self._customers(responses)
        vehicles = self._vehicles(responses, customers)
        return [(customers.get((r.dealer_id, r.customer, r.phone)), vehicles.get(r.plate)) for r in responses]

    def _customers(self, responses: Sequence[CleanResponse]) -> dict[tuple[str, str, str], str]:
        wanted = list(dict.fromkeys((r.dealer_id, r.customer, r.phone) for r in responses if r.customer))
        if not wanted:
            return {}
        c = _customer.c
        rows = self.session.execute(
            select(c.dealer_id, c.name, c.phone, c.id).where(tuple_(c.dealer_id, c.name, c.phone).in_(wanted))
        )
        found = {(dealer, name, phone): customer_id for dealer, name, phone, customer_id in rows}
        new = [
            {
                "id": new_id(),
                "dealer_id": dealer,
                "name": name,
                "phone": phone,
                "sex": "",
                "occupation": "",
            }
            for dealer, name, phone in wanted
            if (dealer, name, phone) not in found
        ]
        if new:
            self.session.execute(insert(_customer), new)
        return found | {(row["dealer_id"], row["name"], row["phone"]): row["id"] for row in new}

    def _vehicles(
        self, responses: Sequence[CleanResponse], customers: dict[tuple[str, str, str], str]
    ) -> dict[str, str]:
        wanted = {response.plate: response for response in responses if response.plate}
        if not wanted:
            return {}
        v = _vehicle.c
        rows = self.session.execute(select(v.plate, v.id).where(v.plate.in_(list(wanted))))
        found: dict[str, str] = {row.plate: row.id for row in rows}
        new: list[dict[str, Any]] = [
            {
                "id": new_id(),
                "plate": plate,
                "model": response.model,
                "dealer_id": response.dealer_id,
                "customer_id": customers.get((response.dealer_id, response.customer, response.phone)),
                "delivered_on": response.event_day,
            }
            for plate, response in wanted.items()
            if plate not in found
        ]
        if new:
            self.session.execute(insert(_vehicle), new)
        return found | {row["plate"]: row["id"] for row in new}
