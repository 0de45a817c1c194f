"""Addresses of this room's pages; `join/CODE/` is what a poster's QR code opens."""

from __future__ import annotations

from django.urls import path

from xinshi.campaigns.pages import board, planning, sites
from xinshi.campaigns.pages import path as short_path

app_name = "campaigns"
urlpatterns = [
    # Thousands come here within a minute, and addresses are looked through in this order.
    path("join/<slug:campaign_code>/", short_path.start, name="path"),
    path("join/<slug:campaign_code>/next/", short_path.go_on, name="path_next"),
    path("join/<slug:campaign_code>/phone/", short_path.phone, name="path_phone"),
    path("join/<slug:campaign_code>/who/", short_path.who, name="path_who"),
    path("join/<slug:campaign_code>/pledge/", short_path.pledge, name="path_pledge"),
    path("join/<slug:campaign_code>/lesson/", short_path.lesson, name="path_lesson"),
    path("join/<slug:campaign_code>/shifts/", short_path.shifts, name="path_shifts"),
    path("join/<slug:campaign_code>/done/", short_path.done, name="path_done"),
    path("join/<slug:campaign_code>/poster/", short_path.poster, name="poster"),
    path("", planning.campaigns, name="list"),
    path("new/", planning.create, name="create"),
    path("<int:campaign_id>/", planning.campaign, name="campaign"),
    path("<int:campaign_id>/edit/", planning.edit, name="edit"),
    path("<int:campaign_id>/sites/new/", planning.add_site, name="add_site"),
    path("<int:campaign_id>/fill/", planning.fill, name="fill"),
    path("<int:campaign_id>/publish/", planning.publish, name="publish"),
    path("<int:campaign_id>/close/", planning.close, name="close"),
    path("<int:campaign_id>/station/", planning.station, name="station"),
    path("<int:campaign_id>/board/", board.board, name="board"),
    path("<int:campaign_id>/board/part/", board.board_part, name="board_part"),
    path("<int:campaign_id>/wall/", board.wall, name="wall"),
    path("<int:campaign_id>/calls/", board.calls, name="calls"),
    path("<int:campaign_id>/waves/", board.waves, name="waves"),
    path("waves/<int:wave_id>/end/", board.end_wave, name="end_wave"),
    path("partners/", board.partners, name="partners"),
    path("<int:campaign_id>/report/", board.report, name="report"),
    path("<int:campaign_id>/report/sheet/", board.report_file, name="report_file"),
    path("calls/<int:call_id>/stop/", board.stop_call, name="stop_call"),
    path("sites/<int:campaign_site_id>/", sites.site, name="site"),
    path("sites/<int:campaign_site_id>/count/<str:campaign_day>/", sites.count, name="count"),
    path("sites/<int:campaign_site_id>/edit/", planning.edit_site, name="edit_site"),
    path("sites/<int:campaign_site_id>/close/", planning.close_site, name="close_site"),
    path("sites/<int:campaign_site_id>/matrix/", planning.matrix, name="matrix"),
    path("sites/<int:campaign_site_id>/sheets/<str:campaign_day>/<int:window_id>/", sites.sheet, name="sheet"),
    path(
        "sites/<int:campaign_site_id>/sheets/<str:campaign_day>/<int:window_id>/paper/",
        sites.sheet_file,
        name="sheet_file",
    ),
]
