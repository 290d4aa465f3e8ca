//! What is said of a result: short sentences, figures in words, and what was drafted called a suggestion.

use super::figure::{compared, say};
use super::names::{capital, listed, uncapital};
use super::output::{Assessment, Matrix, Nearest, Point, ProsAndCons, Risk, ScoreChange, WeightChange};
use super::risk::MOST;
use crate::sentences::{list, sentence};

/// Who wins, by how much, and what would change it.
pub(super) fn matrix(matrix: &Matrix) -> String {
    let mut said = Vec::new();
    match &matrix.winners[..] {
        [] => said.push("I can't add it up yet.".to_owned()),
        [winner] => {
            said.push(won(matrix, winner));
            said.extend(best(matrix));
            said.push(what_changes_it(matrix));
        }
        tied => {
            let total = matrix.options.first().and_then(|option| option.total).unwrap_or_default();
            said.push(sentence(format!("{} tie at {}", capital(&listed(tied)), say(total, 1))));
            said.extend(best(matrix));
        }
    }
    if matrix.drafted {
        let what = if matrix.winners.is_empty() { "The criteria are" } else { "The scores I drafted are" };
        said.push(format!("{what} only suggestions."));
    }
    said.extend(needed(matrix.not_drafted.as_deref(), &matrix.needs));
    said.join(" ")
}

fn won(matrix: &Matrix, winner: &str) -> String {
    let winner = capital(winner);
    let (Some(first), Some(second)) = (matrix.options.first(), matrix.options.get(1)) else { return winner };
    let totals = first.total.unwrap_or_default()..second.total.unwrap_or_default();
    // As many digits as tell the two apart.
    let apart = |decimals: &usize| say(totals.start, *decimals) != say(totals.end, *decimals);
    let lead = match (1..=2).find(apart) {
        Some(decimals) => {
            format!("with {} against {}", say(totals.start, decimals), say(totals.end, decimals))
        }
        None => format!("by a hair, with {}", say(totals.start, 1)),
    };
    sentence(format!("{winner} wins {lead} for {}", second.name))
}

/// What the first options are best at: "The Honda does best on safety, the Toyota on price."
fn best(matrix: &Matrix) -> Option<String> {
    /// Options and criteria that are named.
    const NAMED: usize = 2;
    let strong = matrix.options.iter().filter(|option| !option.best_at.is_empty()).take(NAMED);
    let mut clauses = strong.map(|option| {
        let on = listed(&option.best_at[..option.best_at.len().min(NAMED)]);
        (option.name.clone(), on)
    });
    let (first, on) = clauses.next()?;
    let second = clauses.next().map(|(name, on)| format!(", {name} on {on}")).unwrap_or_default();
    Some(format!("{} does best on {on}{second}.", capital(&first)))
}

fn what_changes_it(matrix: &Matrix) -> String {
    match &matrix.sensitivity.nearest {
        None => "No single weight or score would change that.".to_owned(),
        Some(Nearest::Weight(change)) => weight_change(change),
        Some(Nearest::Score(change)) => score_change(change),
    }
}

fn weight_change(change: &WeightChange) -> String {
    let then = listed(&change.then);
    let criterion = capital(&change.criterion);
    match change.factor {
        Some(factor) if factor < 1.0 => {
            format!("{criterion} decides: if it counted {}, {then} would win.", compared(factor))
        }
        Some(factor) => format!("If {} counted {}, {then} would win.", change.criterion, compared(factor)),
        None => {
            let percent = say((change.tie_at * 100.0).ceil(), 0);
            format!("If {} counted for more than {percent} percent, {then} would win.", change.criterion)
        }
    }
}

fn score_change(change: &ScoreChange) -> String {
    let than = if change.tie_at < change.score { "less" } else { "more" };
    format!(
        "If {} had {than} than {} on {} instead of {}, {} would win.",
        change.option,
        say(change.tie_at, 1),
        change.criterion,
        say(change.score, 1),
        if change.then.len() == 1 && change.then[0] == change.option {
            "it".to_owned()
        } else {
            listed(&change.then)
        },
    )
}

/// What speaks for and against.
pub(super) fn pros_and_cons(result: &ProsAndCons) -> String {
    let mut said = Vec::new();
    let side = |head: &str, points: &[Point]| {
        (!points.is_empty()).then(|| list(head, points.iter().map(|point| point.text.clone()), points.len()))
    };
    said.extend(side("For it", &result.pros));
    said.extend(side("Against it", &result.cons));
    if result.drafted {
        let all = result.pros.iter().chain(&result.cons).all(|point| point.drafted);
        said.push(
            if all { "These are only suggestions." } else { "Some of these are my suggestions." }.to_owned(),
        );
    }
    said.extend(needed(result.not_drafted.as_deref(), &result.needs));
    said.join(" ")
}

/// The greatest risk, what would lower it, and the others.
pub(super) fn assessment(result: &Assessment) -> String {
    /// Risks named after the greatest.
    const NAMED: usize = 2;
    let mut said = Vec::new();
    let rated: Vec<&Risk> = result.risks.iter().filter(|risk| risk.level.is_some()).collect();
    if let [first, rest @ ..] = &rated[..] {
        said.extend(greatest(first));
        let rest =
            rest.iter().take(NAMED).filter_map(|risk| Some(format!("{}, {}", risk.risk, risk.level?.name())));
        let rest: Vec<String> = rest.collect();
        if !rest.is_empty() {
            let count = rest.len();
            said.push(list("Then", rest.into_iter(), count));
        }
    }
    if result.drafted {
        said.push("What I drafted is only a suggestion.".to_owned());
    }
    said.extend(needed(result.not_drafted.as_deref(), &result.needs));
    said.join(" ")
}

fn greatest(risk: &Risk) -> Vec<String> {
    let (Some(level), Some(product)) = (risk.level, risk.product) else { return Vec::new() };
    let most = f64::from(MOST * MOST);
    let mut said = vec![format!(
        "The greatest risk is {}: {}, at {} out of {}.",
        risk.risk,
        level.name(),
        say(f64::from(product), 0),
        say(most, 0)
    )];
    if let Some(lower) = &risk.lower {
        let step = |what: &str, from: Option<u8>, to: Option<u8>| {
            let (from, to) = from.zip(to)?;
            Some((
                from - to,
                format!("its {what} fell from {} to {}", say(f64::from(from), 0), say(f64::from(to), 0)),
            ))
        };
        let likelihood = step("likelihood", risk.likelihood, lower.likelihood);
        let impact = step("impact", risk.impact, lower.impact);
        if let Some((_, change)) = [likelihood, impact].into_iter().flatten().min_by_key(|(steps, _)| *steps)
        {
            said.push(format!("It would be {} if {change}.", lower.level.name()));
        }
    }
    if let Some(measure) = &risk.measure {
        said.push(sentence(format!("You could {}", uncapital(measure))));
    }
    said
}

/// Why something is missing and what to give.
fn needed(why: Option<&str>, needs: &[String]) -> Vec<String> {
    let mut said = Vec::new();
    if !needs.is_empty() {
        said.extend(why.map(|why| sentence(format!("I couldn't draft it myself: {why}"))));
        let many = needs.len() > 2;
        let named = if many { &needs[..2] } else { needs };
        said.push(sentence(format!(
            "Tell me {}{}",
            named.join(", and "),
            if many { ", and so on" } else { "" }
        )));
    }
    said
}
