use jiff::{civil::date, tz::TimeZone};
use serde_json::json;

use super::*;
