//! Numbers for Prometheus, in its text format.

use std::fmt::Write as _;
use std::sync::atomic::Ordering;

use crate::discovery::Status;
use crate::gateway::Gateway;

/// The gateway's numbers as Prometheus reads them.
#[must_use]
pub fn metrics(gateway: &Gateway) -> String {
    let servers = gateway.servers();
    let counters = &gateway.shared().counters;
    let mut out = String::new();
    let statuses = [
        ("healthy", Status::Healthy),
        ("unreachable", Status::Unreachable),
        ("connecting", Status::Connecting),
        ("disabled", Status::Disabled),
    ];
    family(&mut out, "homepilot_gateway_servers", "gauge", "registered servers by status");
    for (word, status) in statuses {
        let count = servers.iter().filter(|server| server.status == status).count();
        // Writing to a String can't fail; so below.
        let _ = writeln!(out, "homepilot_gateway_servers{{status=\"{word}\"}} {count}");
    }
    family(&mut out, "homepilot_gateway_capabilities", "gauge", "tools that can be called");
    let tools: usize = servers.iter().map(|server| server.tools.len()).sum();
    let _ = writeln!(out, "homepilot_gateway_capabilities {tools}");
    family(&mut out, "homepilot_gateway_approvals_pending", "gauge", "questions waiting for an answer");
    let _ = writeln!(out, "homepilot_gateway_approvals_pending {}", gateway.approvals().len());
    family(&mut out, "homepilot_gateway_calls_total", "counter", "calls that have ended, by how");
    for (word, counter) in [
        ("succeeded", &counters.succeeded),
        ("failed", &counters.failed),
        ("not_sent", &counters.not_sent),
        ("unknown", &counters.unknown),
    ] {
        let _ = writeln!(
            out,
            "homepilot_gateway_calls_total{{state=\"{word}\"}} {}",
            counter.load(Ordering::Relaxed)
        );
    }
    out
}

fn family(out: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
}
