"""msgraph-sdk, Microsoft's own client, against `kalends-sim graph`: it reads all that it gets.

The arguments are the command that starts the simulator.
"""

import asyncio
import datetime
import http.server
import json
import queue
import subprocess
import sys
import threading
import urllib.parse

from kiota_abstractions.authentication import (
    AccessTokenProvider,
    AllowedHostsValidator,
    BaseBearerTokenAuthenticationProvider,
)
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.models.calendar import Calendar
from msgraph.generated.models.date_time_time_zone import DateTimeTimeZone
from msgraph.generated.models.day_of_week import DayOfWeek
from msgraph.generated.models.event import Event
from msgraph.generated.models.event_type import EventType
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.patterned_recurrence import PatternedRecurrence
from msgraph.generated.models.recurrence_pattern import RecurrencePattern
from msgraph.generated.models.recurrence_pattern_type import RecurrencePatternType
from msgraph.generated.models.recurrence_range import RecurrenceRange
from msgraph.generated.models.recurrence_range_type import RecurrenceRangeType
from msgraph.generated.models.single_value_legacy_extended_property import SingleValueLegacyExtendedProperty
from msgraph.generated.models.subscription import Subscription
from msgraph.generated.users.item.calendar.get_schedule.get_schedule_post_request_body import GetSchedulePostRequestBody
from msgraph.generated.users.item.calendars.item.calendar_view.delta.delta_request_builder import DeltaRequestBuilder
from msgraph.generated.users.item.calendars.item.events.events_request_builder import EventsRequestBuilder
from msgraph.generated.users.item.events.item.event_item_request_builder import EventItemRequestBuilder
from msgraph.generated.users.item.events.item.instances.instances_request_builder import InstancesRequestBuilder
from msgraph_core.requests.batch_request_content import BatchRequestContent

MARK = "String {7c1a5b9e-3d2f-4e80-9b61-0a4d5e6f7a81} Name kal_m"
IMMUTABLE = 'IdType="ImmutableId"'
WINDOW = ("2026-06-01T00:00:00Z", "2026-07-01T00:00:00Z")


class Token(AccessTokenProvider):
    """The ready token of the simulator."""

    def __init__(self, token):
        self.token = token

    async def get_authorization_token(self, uri, additional_authentication_context=None):
        return self.token

    def get_allowed_hosts_validator(self):
        return AllowedHostsValidator([])


class Receiver(http.server.BaseHTTPRequestHandler):
    """Says validation tokens back, and keeps what it is told."""

    told = queue.Queue()

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        token = query.get("validationToken", [""])[0].encode()
        self.send_response(200 if token else 202)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(token)))
        self.end_headers()
        self.wfile.write(token)
        if not token:
            Receiver.told.put(json.loads(body))

    def log_message(self, *args):
        pass


def event(subject, day, **more):
    at = lambda hour: DateTimeTimeZone(date_time=f"{day}T{hour}:00:00", time_zone="Europe/Berlin")
    return Event(subject=subject, start=at("09"), end=at("10"), is_reminder_on=False, **more)


def prefer(query=None, **headers):
    """A configuration that asks for immutable ids on every call."""
    configuration = RequestConfiguration(query_parameters=query)
    configuration.headers.add("Prefer", IMMUTABLE)
    for name, value in headers.items():
        configuration.headers.add(name.replace("_", "-"), value)
    return configuration


async def tour(ready):
    adapter = GraphRequestAdapter(BaseBearerTokenAuthenticationProvider(Token(ready["token"])))
    adapter.base_url = ready["api"] + "/v1.0"
    me = GraphServiceClient(request_adapter=adapter).me
    user = await me.get()
    assert user.user_principal_name == ready["user"], user
    calendar = await me.calendars.post(Calendar(name="Overlay"))
    calendars = await me.calendars.get()
    assert [one.name for one in calendars.value] == ["Calendar", "Overlay"], calendars.value
    own = me.calendars.by_calendar_id(calendar.id)
    await changes(me, own)
    await deltas(me, own)
    await marks(own)
    await series(me, own)
    await schedules(me, ready)
    await watches(adapter, me)
    await batches(adapter, own)


async def changes(me, own):
    """Creates once, patches under a condition, deletes."""
    sent = event("Lunch", "2026-06-10", transaction_id="t1")
    made = await own.events.post(sent, request_configuration=prefer())
    again = await own.events.post(sent, request_configuration=prefer())
    assert made.id == again.id and made.transaction_id == "t1", (made, again)
    assert made.is_reminder_on is False and made.type == EventType.SingleInstance, made
    one = me.events.by_event_id(made.id)
    tag = made.additional_data["@odata.etag"]
    changed = await one.patch(Event(subject="Dinner"), request_configuration=prefer(If_Match=tag))
    assert changed.subject == "Dinner" and changed.change_key != made.change_key, changed
    try:
        await one.patch(Event(subject="Breakfast"), request_configuration=prefer(If_Match=tag))
        raise AssertionError("an old change key was taken")
    except ODataError as error:
        assert error.response_status_code == 412, error
        assert error.error.code == "ErrorIrresolvableConflict", error
    await one.delete(request_configuration=prefer(If_Match=changed.additional_data["@odata.etag"]))
    try:
        await one.get(request_configuration=prefer())
        raise AssertionError("a deleted event is there")
    except ODataError as error:
        assert (error.response_status_code, error.error.code) == (404, "ErrorItemNotFound"), error


async def rounds(builder, page):
    """All pages from one on: the items, and the link to the next round."""
    items = []
    while True:
        items += page.value
        if page.odata_delta_link:
            return items, page.odata_delta_link
        page = await builder.with_url(page.odata_next_link).get(request_configuration=prefer())


async def deltas(me, own):
    """Pages a first round, and sees a change and a deletion in the second."""
    made = [await own.events.post(event(f"Day {day}", f"2026-06-{day}")) for day in range(10, 17)]
    view = own.calendar_view.delta
    query = DeltaRequestBuilder.DeltaRequestBuilderGetQueryParameters(
        start_date_time=WINDOW[0], end_date_time=WINDOW[1]
    )
    first = await view.get(request_configuration=prefer(query, prefer="odata.maxpagesize=3"))
    assert first.odata_next_link and len(first.value) == 3, first
    items, link = await rounds(view, first)
    assert [item.subject for item in items] == [one.subject for one in made], items
    one = me.events.by_event_id(items[0].id)
    await one.patch(Event(subject="Changed"), request_configuration=prefer())
    await me.events.by_event_id(items[1].id).delete(request_configuration=prefer())
    items, _ = await rounds(view, await view.with_url(link).get(request_configuration=prefer()))
    assert items[0].subject == "Changed", items
    assert items[1].additional_data["@removed"] == {"reason": "deleted"}, items[1].additional_data


async def marks(own):
    """Finds an event by its extended property, which is shown only when it is expanded."""
    mark = SingleValueLegacyExtendedProperty(id=MARK, value="m1")
    sent = event("Marked", "2026-06-20", single_value_extended_properties=[mark])
    made = await own.events.post(sent, request_configuration=prefer())
    assert made.single_value_extended_properties is None, made
    query = EventsRequestBuilder.EventsRequestBuilderGetQueryParameters(
        filter=f"singleValueExtendedProperties/Any(ep: ep/id eq '{MARK}' and ep/value eq 'm1')",
        expand=[f"singleValueExtendedProperties($filter=id eq '{MARK}')"],
        select=["id", "subject"],
        top=5,
    )
    found = await own.events.get(request_configuration=prefer(query))
    assert [one.id for one in found.value] == [made.id], found.value
    assert found.value[0].single_value_extended_properties[0].value == "m1", found.value


async def series(me, own):
    """Instances of a series, one of them changed."""
    pattern = RecurrencePattern(
        type=RecurrencePatternType.Weekly,
        interval=1,
        days_of_week=[DayOfWeek.Wednesday],
        first_day_of_week=DayOfWeek.Monday,
    )
    limits = RecurrenceRange(
        type=RecurrenceRangeType.Numbered,
        start_date=datetime.date(2026, 6, 10),
        number_of_occurrences=3,
        recurrence_time_zone="Europe/Berlin",
    )
    recurrence = PatternedRecurrence(pattern=pattern, range=limits)
    sent = event("Weekly", "2026-06-10", recurrence=recurrence)
    master = await own.events.post(sent, request_configuration=prefer())
    assert master.type == EventType.SeriesMaster, master
    query = InstancesRequestBuilder.InstancesRequestBuilderGetQueryParameters(
        start_date_time=WINDOW[0], end_date_time=WINDOW[1]
    )
    instances = me.events.by_event_id(master.id).instances
    all = (await instances.get(request_configuration=prefer(query))).value
    assert [one.start.date_time[:10] for one in all] == ["2026-06-10", "2026-06-17", "2026-06-24"]
    second = me.events.by_event_id(all[1].id)
    changed = await second.patch(Event(subject="Other"), request_configuration=prefer())
    assert changed.type == EventType.Exception and changed.series_master_id == master.id, changed


async def schedules(me, ready):
    """Free and busy, with an error for whom nobody knows."""
    at = lambda day: DateTimeTimeZone(date_time=f"{day}T00:00:00", time_zone="UTC")
    asked = GetSchedulePostRequestBody(
        schedules=[ready["user"], "nobody@nowhere.example"],
        start_time=at("2026-06-10"),
        end_time=at("2026-06-11"),
        availability_view_interval=60,
    )
    said = (await me.calendar.get_schedule.post(asked)).value
    assert len(said[0].availability_view) == 24, said[0]
    assert said[1].error.response_code == "ErrorMailRecipientNotFound", said[1]


async def watches(adapter, me):
    """Subscribes behind the handshake, is told of a change, renews and ends it."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    later = lambda hours: datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=hours)
    client = GraphServiceClient(request_adapter=adapter)
    wanted = Subscription(
        change_type="created,updated,deleted",
        notification_url=f"http://127.0.0.1:{server.server_port}/n",
        resource="me/events",
        expiration_date_time=later(24),
        client_state="s3cret",
    )
    made = await client.subscriptions.post(wanted, request_configuration=prefer())
    event_made = await me.events.post(event("Told", "2026-06-21"), request_configuration=prefer())
    told = Receiver.told.get(timeout=20)["value"][0]
    assert told["subscriptionId"] == made.id and told["clientState"] == "s3cret", told
    assert told["resourceData"]["id"] == event_made.id, told
    one = client.subscriptions.by_subscription_id(made.id)
    renewed = await one.patch(Subscription(expiration_date_time=later(48)))
    assert renewed.expiration_date_time > made.expiration_date_time, renewed
    await one.delete()
    assert (await client.subscriptions.get()).value == [], "it is still there"
    server.shutdown()


async def batches(adapter, own):
    """Several requests in one, answered each by itself."""
    content = BatchRequestContent()
    for subject in ["One", "Two"]:
        content.add_request_information(own.events.to_post_request_information(event(subject, "2026-06-22")))
    content.add_request_information(own.events.by_event_id("none").to_get_request_information())
    answer = await GraphServiceClient(request_adapter=adapter).batch.post(content)
    codes = sorted(one.status for one in answer.responses.values())
    assert codes == [201, 201, 400], codes


def main(command):
    """Runs the simulator and does everything once."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as simulator:
        try:
            word, _, ready = simulator.stdout.readline().partition(" ")
            assert word == "READY", word
            asyncio.run(tour(json.loads(ready)))
        finally:
            simulator.terminate()
    print("msgraph-sdk creates, patches, pages deltas, filters, subscribes and batches")


if __name__ == "__main__":
    main(sys.argv[1:])
