//! The risks of a plan: those that were given or, without any, drafted ones; rated, sorted, and with what would help.

use super::asks;
use super::input;
use super::output::{Lower, Risk};
use super::risk::Rating;
use super::workshop::Workshop;

/// Risks that are rated, or given a measure, in one draft.
const TOGETHER: usize = 3;

/// The risks, the greatest first, and what is missing.
pub(super) async fn assess(
    plan: &str,
    given: Vec<input::Risk>,
    workshop: &mut Workshop,
) -> (Vec<Risk>, Vec<String>) {
    let mut risks: Vec<Risk> = given.into_iter().map(as_given).collect();
    if risks.is_empty() {
        let drafted = workshop.draft(asks::risks(plan), asks::read_risks).await;
        let proposed = |name| Risk { drafted: true, ..unrated(name) };
        risks.extend(drafted.into_iter().flatten().map(proposed));
    }
    rate(plan, &mut risks, workshop).await;
    risks.iter_mut().for_each(work_out);
    sort(&mut risks);
    help(plan, &mut risks, workshop).await;
    let needs = needs(&risks);
    (risks, needs)
}

fn as_given(given: input::Risk) -> Risk {
    Risk { likelihood: given.likelihood, impact: given.impact, ..unrated(given.name) }
}

fn unrated(risk: String) -> Risk {
    Risk {
        risk,
        likelihood: None,
        impact: None,
        product: None,
        level: None,
        lower: None,
        measure: None,
        drafted: false,
        rating_drafted: false,
    }
}

/// Drafts the ratings that are missing; what was given stays.
async fn rate(plan: &str, risks: &mut [Risk], workshop: &mut Workshop) {
    let mut missing: Vec<&mut Risk> =
        risks.iter_mut().filter(|risk| risk.likelihood.is_none() || risk.impact.is_none()).collect();
    for group in missing.chunks_mut(TOGETHER) {
        let names: Vec<String> = group.iter().map(|risk| risk.risk.clone()).collect();
        let read = |answer: &_| asks::read_ratings(answer, names.len());
        let ratings = workshop.draft(asks::ratings(plan, &names), read).await;
        for (risk, rating) in group.iter_mut().zip(ratings.into_iter().flatten()) {
            risk.likelihood.get_or_insert(rating.likelihood);
            risk.impact.get_or_insert(rating.impact);
            risk.rating_drafted = true;
        }
    }
}

fn work_out(risk: &mut Risk) {
    let (Some(likelihood), Some(impact)) = (risk.likelihood, risk.impact) else { return };
    let rating = Rating { likelihood, impact };
    risk.product = Some(rating.product());
    risk.level = Some(rating.level());
    risk.lower = rating.lower().map(|lower| Lower {
        level: lower.level,
        likelihood: lower.likelihood,
        impact: lower.impact,
    });
}

/// By product, then by impact, then by name.
fn sort(risks: &mut [Risk]) {
    risks.sort_by(|a, b| {
        let key = |risk: &Risk| (risk.product, risk.impact);
        key(b).cmp(&key(a)).then_with(|| a.risk.cmp(&b.risk))
    });
}

/// Drafts what can be done about the greatest risks.
async fn help(plan: &str, risks: &mut [Risk], workshop: &mut Workshop) {
    let greatest = risks.len().min(TOGETHER);
    if greatest == 0 {
        return;
    }
    let names: Vec<String> = risks[..greatest].iter().map(|risk| risk.risk.clone()).collect();
    let read = |answer: &_| Ok(asks::read_measures(answer, names.len()));
    let measures = workshop.draft(asks::measures(plan, &names), read).await;
    for (risk, measure) in risks.iter_mut().zip(measures.into_iter().flatten()) {
        risk.measure = measure;
    }
}

fn needs(risks: &[Risk]) -> Vec<String> {
    if risks.is_empty() {
        return vec!["what could go wrong".to_owned()];
    }
    let missing = |risk: &Risk| {
        let what = match (risk.likelihood, risk.impact) {
            (Some(_), Some(_)) => return None,
            (None, Some(_)) => "how likely it is",
            (Some(_), None) => "how bad it would be",
            (None, None) => "how likely it is and how bad it would be",
        };
        Some(format!("about {}: {what}", risk.risk))
    };
    risks.iter().filter_map(missing).collect()
}
