"""View models: what each page shows, and nothing else. Routes fill them, templates show them."""

from evenhand.server.pages.models.audit import AuditPage
from evenhand.server.pages.models.dashboard import DashboardPage
from evenhand.server.pages.models.experiments import ExperimentPage, ExperimentsPage, PlanPage
from evenhand.server.pages.models.first import (
    ErrorPage,
    HelpPage,
    LogInPage,
    SchemaPage,
    TodayPage,
    TourPage,
    UploadPage,
)
from evenhand.server.pages.models.frame import Frame, Page
from evenhand.server.pages.models.policies import PoliciesPage, PolicyPage
from evenhand.server.pages.models.queue import QueuePage
from evenhand.server.pages.models.request import RequestPage
from evenhand.server.pages.models.segmentations import ComparePage, EditPage, SegmentationPage, SegmentationsPage

__all__ = [
    "AuditPage",
    "ComparePage",
    "DashboardPage",
    "EditPage",
    "ErrorPage",
    "ExperimentPage",
    "ExperimentsPage",
    "Frame",
    "HelpPage",
    "LogInPage",
    "Page",
    "PlanPage",
    "PoliciesPage",
    "PolicyPage",
    "QueuePage",
    "RequestPage",
    "SchemaPage",
    "SegmentationPage",
    "SegmentationsPage",
    "TodayPage",
    "TourPage",
    "UploadPage",
]
