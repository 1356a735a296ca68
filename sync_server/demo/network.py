"""The demo's network: 6 regions, 36 dealers, their people, shoppers, auditors and headquarters."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from shared_models.people import Role, ScopeKind
from sync_server.assets import assets_dir
from sync_server.demo.story import random_for
from sync_server.people import service

_REGIONS = {
    "华北": ("N", "North China"),
    "华东": ("E", "East China"),
    "华南": ("S", "South China"),
    "西南": ("SW", "Southwest"),
    "西北": ("NW", "Northwest"),
    "东北": ("NE", "Northeast"),
}
_CITIES = {
    "太原": ("Taiyuan", 37.8706, 112.5489),
    "南京": ("Nanjing", 32.0603, 118.7969),
    "海口": ("Haikou", 20.0440, 110.1999),
    "成都": ("Chengdu", 30.5728, 104.0668),
    "乌鲁木齐": ("Urumqi", 43.8256, 87.6168),
    "哈尔滨": ("Harbin", 45.8038, 126.5350),
    "杭州": ("Hangzhou", 30.2741, 120.1551),
    "广州": ("Guangzhou", 23.1291, 113.2644),
    "重庆": ("Chongqing", 29.5630, 106.5516),
    "石家庄": ("Shijiazhuang", 38.0428, 114.5149),
    "芜湖": ("Wuhu", 31.3525, 118.4331),
    "南宁": ("Nanning", 22.8170, 108.3665),
    "昆明": ("Kunming", 24.8801, 102.8329),
    "兰州": ("Lanzhou", 36.0611, 103.8343),
    "西安": ("Xi'an", 34.3416, 108.9398),
    "沈阳": ("Shenyang", 41.8057, 123.4315),
    "长春": ("Changchun", 43.8171, 125.3235),
    "天津": ("Tianjin", 39.3434, 117.3616),
}
_PINYIN = {
    "众": "zhong",
    "泰": "tai",
    "源": "yuan",
    "达": "da",
    "通": "tong",
    "宏": "hong",
    "和": "he",
    "诚": "cheng",
    "广": "guang",
    "恒": "heng",
    "瑞": "rui",
    "鑫": "xin",
}
_ROADS = ("迎宾大道", "汽车城东路", "机场路", "解放大道", "滨河南路", "高新一路", "环城北路")
_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗"
_GIVEN = (
    "建国",
    "志强",
    "晓峰",
    "文静",
    "海燕",
    "立新",
    "思远",
    "雨桐",
    "国栋",
    "明辉",
    "佳宁",
    "永康",
    "丽华",
    "俊杰",
)


@dataclass(frozen=True)
class DemoDealer:
    """A dealer of the demo and the people who answer for it."""

    id: str
    code: str
    name: str
    region: str
    latitude: float
    longitude: float
    advisers: tuple[str, ...]
    owner_id: str
    """Showroom manager: improvement owner at the dealer."""
    director_id: str
    """Dealer director: supervises the owner."""


@dataclass
class DemoNetwork:
    """Everything the seeding needs to find again."""

    dealers: dict[str, DemoDealer] = field(default_factory=dict[str, DemoDealer])
    regions: dict[str, str] = field(default_factory=dict[str, str])
    managers: dict[str, str] = field(default_factory=dict[str, str])
    """Region name -> person id of its manager."""
    shoppers: list[str] = field(default_factory=list[str])
    auditors: list[str] = field(default_factory=list[str])
    hq_id: str = ""
    logins: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    """Demo login -> (role, whom it shows)."""


def _name(*parts: object) -> str:
    random = random_for("name", *parts)
    return random.choice(_SURNAMES) + random.choice(_GIVEN)


def _dealer_en(name: str, city: str) -> str:
    brand = name.removeprefix(city).removesuffix("汽车销售服务有限公司")
    return f"{_CITIES[city][0]} {''.join(_PINYIN.get(sign, sign) for sign in brand).capitalize()} Auto"


def build_network(session: Session, password_hash: str, now: datetime) -> DemoNetwork:
    """Write the network through the people service; all demo accounts share one password."""
    network = DemoNetwork()

    def person(login: str, name: str, role: Role, kind: ScopeKind, scope: str = "", **more: Any) -> str:
        person_id = service.create_person(session, name=name, **more)
        service.grant(session, person_id, role, kind, scope)
        service.set_login(session, person_id, login=login, password_hash=password_hash, now=now)
        return person_id

    for name, (code, english) in _REGIONS.items():
        network.regions[name] = service.create_region(session, code=code, name=name, name_en=english)
    network.hq_id = person("hq", "陈思远", Role.HQ, ScopeKind.COMPANY, position="总部客户满意度经理")
    network.logins["hq"] = (Role.HQ.value, "总部 / headquarters")
    for name, (code, english) in _REGIONS.items():
        login = "manager" if name == "华北" else f"manager-{code.lower()}"
        manager = person(
            login,
            _name("m", name),
            Role.MANAGER,
            ScopeKind.REGION,
            network.regions[name],
            position=f"{name}区域经理",
        )
        network.managers[name] = manager
        if login == "manager":
            network.logins[login] = (Role.MANAGER.value, f"{name} / {english}")
    for number in range(1, 13):
        login = "shopper" if number == 1 else f"shopper{number:02d}"
        region = network.regions[list(_REGIONS)[(number - 1) % 6]]
        network.shoppers.append(
            person(login, _name("s", number), Role.SHOPPER, ScopeKind.REGION, region, position="神秘客户")
        )
    network.logins["shopper"] = (Role.SHOPPER.value, "华北 / North China")
    for number in range(1, 7):
        login = "auditor" if number == 1 else f"auditor{number:02d}"
        region = network.regions[list(_REGIONS)[number - 1]]
        network.auditors.append(
            person(login, _name("a", number), Role.AUDITOR, ScopeKind.REGION, region, position="运营督导")
        )
    network.logins["auditor"] = (Role.AUDITOR.value, "华北 / North China")
    north = network.regions["华北"]
    person("caller", _name("c", 1), Role.CALLER, ScopeKind.REGION, north, position="客服专员")
    network.logins["caller"] = (Role.CALLER.value, "华北 / North China")
    listed = json.loads((assets_dir() / "demo" / "demo_dealers.json").read_text(encoding="utf-8"))
    for entry in listed:
        _add_dealer(session, network, entry, person)
    return network


def _add_dealer(session: Session, network: DemoNetwork, entry: dict[str, Any], person: Any) -> None:
    code, city = entry["code"], entry["city"]
    city_en, latitude, longitude = _CITIES[city]
    random = random_for("place", code)
    latitude = round(latitude + random.uniform(-0.06, 0.06), 5)
    longitude = round(longitude + random.uniform(-0.07, 0.07), 5)
    dealer_id = service.create_dealer(
        session,
        code=code,
        name=entry["name"],
        name_en=_dealer_en(entry["name"], city),
        region_id=network.regions[entry["region"]],
        city=city,
        city_en=city_en,
        address=f"{city}市{random.choice(_ROADS)}{random.randint(8, 690)}号",
        latitude=latitude,
        longitude=longitude,
    )
    for name in entry["advisers"]:
        service.create_employee(session, dealer_id=dealer_id, name=name)
    first = code == "A1001"
    owner = person(
        "owner" if first else f"owner-{code.lower()}",
        _name("o", code),
        Role.OWNER,
        ScopeKind.DEALER,
        dealer_id,
        position="展厅经理",
        home_dealer_id=dealer_id,
    )
    director = person(
        "supervisor" if first else f"director-{code.lower()}",
        _name("d", code),
        Role.OWNER,
        ScopeKind.DEALER,
        dealer_id,
        position="总经理",
        home_dealer_id=dealer_id,
    )
    if first:
        network.logins["owner"] = (Role.OWNER.value, f"{code} 展厅经理 / showroom manager")
        network.logins["supervisor"] = (Role.OWNER.value, f"{code} 总经理 / dealer director")
    network.dealers[code] = DemoDealer(
        id=dealer_id,
        code=code,
        name=entry["name"],
        region=entry["region"],
        latitude=latitude,
        longitude=longitude,
        advisers=tuple(entry["advisers"]),
        owner_id=owner,
        director_id=director,
    )
