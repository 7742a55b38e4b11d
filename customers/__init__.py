"""Customers: schema, reading, quality, demo data and the segmentation that a marketer would start from."""

from evenhand.customers.campaign_log import CampaignLog
from evenhand.customers.campaign_plan import CampaignPlan
from evenhand.customers.check import Check
from evenhand.customers.contact import ConsentsSpec, ContextSpec
from evenhand.customers.demo import demo_customers
from evenhand.customers.protected import MIN_GROUP, UNKNOWN, GroupCount, ProtectedAttribute
from evenhand.customers.quality import MIN_CUSTOMERS, Enough, Quality
from evenhand.customers.read import read_customers
from evenhand.customers.rfm import engagement, rfm_features, trips_per_month
from evenhand.customers.schema import Schema
from evenhand.customers.segmentation import rfm_segmentation
from evenhand.customers.specs import CampaignSpec, FeatureSpec, HistorySpec, LogSpec, ProtectedSpec, Role
from evenhand.customers.table import Customers, Source

__all__ = [
    "MIN_CUSTOMERS",
    "MIN_GROUP",
    "UNKNOWN",
    "CampaignLog",
    "CampaignPlan",
    "CampaignSpec",
    "Check",
    "ConsentsSpec",
    "ContextSpec",
    "Customers",
    "Enough",
    "FeatureSpec",
    "GroupCount",
    "HistorySpec",
    "LogSpec",
    "ProtectedAttribute",
    "ProtectedSpec",
    "Quality",
    "Role",
    "Schema",
    "Source",
    "demo_customers",
    "engagement",
    "read_customers",
    "rfm_features",
    "rfm_segmentation",
    "trips_per_month",
]
