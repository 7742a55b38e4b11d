"""How a campaign reaches customers: the channels, and the context for which a contact is made."""

from __future__ import annotations

from dataclasses import fields
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import BeforeValidator, Field, SerializerFunctionWrapHandler, model_serializer
from pydantic.dataclasses import dataclass

from evenhand.errors import nearest
from evenhand.segments.checks import STRICT, Guarded, hint, refuse

__all__ = ["CHANNELS", "WEEKDAYS", "Channel", "Context", "Device", "Hour", "Taste", "Weather", "Weekday"]

_Channel = Literal["email", "sms", "web", "mail"]
_Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_Device = Literal["mobile", "desktop"]
CHANNELS: Final[tuple[_Channel, ...]] = get_args(_Channel)
WEEKDAYS: Final[tuple[_Weekday, ...]] = get_args(_Weekday)
DEVICES: Final[tuple[_Device, ...]] = get_args(_Device)

# What people call a channel besides: only to offer the right one in an error.
CALLED: dict[str, str] = {
    "newsletter": "email",
    "text": "sms",
    "whatsapp": "sms",
    "app": "web",
    "push": "web",
    "site": "web",
    "website": "web",
    "banner": "web",
    "letter": "mail",
    "leaflet": "mail",
    "booklet": "mail",
    "flyer": "mail",
    "catalogue": "mail",
    "post": "mail",
    "postal": "mail",
    "direct mail": "mail",
}


def _channel(value: object) -> object:
    if value in CHANNELS:
        return value
    word = str(value).strip().casefold()
    meant = CALLED.get(word) or CALLED.get(nearest(word, [*CHANNELS, *CALLED]) or "") or nearest(word, CHANNELS)
    raise refuse(f"there is no channel {value!r:.40}", rule=f"one of {', '.join(CHANNELS)}", mend=hint(meant))


def _weekday(value: object) -> object:
    if value in WEEKDAYS:
        return value
    word = str(value).strip().casefold()
    meant = next((day for day in WEEKDAYS if word and day.startswith(word)), None) or nearest(word, WEEKDAYS)
    raise refuse(f"there is no weekday {value!r:.40}", rule=f"one of {', '.join(WEEKDAYS)}", mend=hint(meant))


def _device(value: object) -> object:
    if value in DEVICES:
        return value
    raise refuse(f"there is no device {value!r:.40}", rule=f"one of {', '.join(DEVICES)}")


Channel = Annotated[_Channel, BeforeValidator(_channel)]
Weekday = Annotated[_Weekday, BeforeValidator(_weekday)]
Device = Annotated[_Device, BeforeValidator(_device)]
Hour = Annotated[int, Field(ge=0, le=23)]
Weather = Annotated[float, Field(ge=-3, le=3, allow_inf_nan=False)]  # 3 is twentyfold odds: no weather does more
Taste = Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)]


@dataclass(frozen=True, config=STRICT)
class Context(Guarded):
    """For which moment, device, weather and taste a campaign is made; what is not said plays no part."""

    hour: Hour | None = None  # of sending, local time
    weekday: Weekday | None = None  # of sending
    device: Device | None = None  # for which it is designed
    weather: Weather = 0.0  # log-odds of opening per standard deviation of warmer weather; negative: of colder
    taste: Taste = 0.0  # the pole of a drifting taste to which it speaks

    @property
    def weekend(self) -> bool | None:
        """Whether it is sent on a Saturday or Sunday; None when no weekday is said."""
        return None if self.weekday is None else self.weekday in WEEKDAYS[5:]

    @property
    def said(self) -> dict[str, Any]:
        """What is said, by name, in the order of the fields."""
        return {f.name: value for f in fields(self) if (value := getattr(self, f.name)) != f.default}

    # Only what is said: a field that a later version adds changes no hash of today.
    @model_serializer(mode="wrap")
    def _only_what_is_said(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        form: dict[str, Any] = handler(self)
        return {name: value for name, value in form.items() if name in self.said}
