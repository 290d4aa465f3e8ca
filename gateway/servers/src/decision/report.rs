//! The working in Markdown. What people and the model wrote is escaped, so that it can neither break a table nor add
//! markup of its own.

use super::figure::write;
use super::names::listed;
use super::output::{
    Assessment, Matrix, Nearest, Point, ProsAndCons, Risk, ScoreChange, Sensitivity, WeightChange,
};

/// What a drafted entry carries.
const DRAFTED: &str = " (drafted)";

/// A matrix: the weights, the scores with their products, the totals, and what would change the winner.
pub(super) fn matrix(matrix: &Matrix) -> String {
    let mut out = title("Decision matrix", matrix.question.as_deref());
    if !matrix.winners.is_empty() {
        let what = if matrix.winners.len() == 1 { "Winner" } else { "Tie" };
        let by = matrix.lead.filter(|_| matrix.winners.len() == 1);
        let by = by.map(|lead| format!(", ahead by {}", write(lead, 2))).unwrap_or_default();
        line(&mut out, &format!("**{what}: {}**{by}\n", plain(&listed(&matrix.winners))));
    }
    if !matrix.criteria.is_empty() {
        line(&mut out, "| Criterion | Importance | Weight | Share |\n|---|---|---|---|");
        for criterion in &matrix.criteria {
            let share = if criterion.counted { percent(criterion.share) } else { "not counted".to_owned() };
            let name = plain(&criterion.name) + mark(criterion.drafted);
            let importance = plain(criterion.importance.as_deref().unwrap_or("–"));
            line(&mut out, &format!("| {name} | {importance} | {} | {share} |", write(criterion.weight, 2)));
        }
        line(&mut out, "");
        let heads: Vec<String> =
            matrix.criteria.iter().map(|criterion| format!(" {} |", plain(&criterion.name))).collect();
        line(&mut out, &format!("| Place | Option |{} Total |", heads.concat()));
        line(&mut out, &format!("|---|---|{}---|", "---|".repeat(heads.len())));
        for option in &matrix.options {
            let cells: Vec<String> =
                matrix.criteria.iter().map(|criterion| cell(option, &criterion.name)).collect();
            let place = option.rank.map_or("–".to_owned(), |rank| rank.to_string());
            let total = option.total.map_or("–".to_owned(), |total| format!("**{}**", write(total, 2)));
            line(&mut out, &format!("| {place} | {} |{} {total} |", plain(&option.name), cells.concat()));
        }
        line(&mut out, "\nA cell is score × share = product; a total is the sum of its products.\n");
    }
    changes(&mut out, matrix);
    ending(&mut out, matrix.drafted, matrix.not_drafted.as_deref(), &matrix.needs);
    out
}

fn cell(option: &super::output::Ranked, criterion: &str) -> String {
    match option.scores.iter().find(|cell| cell.criterion == criterion) {
        None => " – |".to_owned(),
        Some(cell) => {
            let product = write(cell.product, 2);
            let share = cell.product / cell.score;
            format!(" {} × {} = {product}{} |", write(cell.score, 2), percent(share), mark(cell.drafted))
        }
    }
}

fn changes(out: &mut String, matrix: &Matrix) {
    let Sensitivity { weights, scores, nearest } = &matrix.sensitivity;
    if matrix.winners.len() != 1 {
        return;
    }
    line(out, "## What would change the winner\n");
    match nearest {
        None => line(out, "No single weight or score would."),
        Some(Nearest::Weight(change)) => {
            line(out, &format!("The smallest change: {}", weight_change(change)))
        }
        Some(Nearest::Score(change)) => line(out, &format!("The smallest change: {}", score_change(change))),
    }
    line(out, "");
    weights.iter().for_each(|change| line(out, &format!("- {}", weight_change(change))));
    scores.iter().for_each(|change| line(out, &format!("- {}", score_change(change))));
    if !weights.is_empty() || !scores.is_empty() {
        line(out, "");
    }
}

fn weight_change(change: &WeightChange) -> String {
    let beyond = if change.tie_at < change.share { "below" } else { "above" };
    let times =
        change.factor.map(|factor| format!(" ({} × its weight)", write(factor, 2))).unwrap_or_default();
    format!(
        "{} counting {beyond} {} instead of {}{times}: {} wins.",
        plain(&change.criterion),
        percent(change.tie_at),
        percent(change.share),
        plain(&listed(&change.then))
    )
}

fn score_change(change: &ScoreChange) -> String {
    let beyond = if change.tie_at < change.score { "below" } else { "above" };
    format!(
        "{} on {} scoring {beyond} {} instead of {}: {} wins.",
        plain(&change.option),
        plain(&change.criterion),
        write(change.tie_at, 2),
        write(change.score, 2),
        plain(&listed(&change.then))
    )
}

/// Pros and cons as two lists.
pub(super) fn pros_and_cons(result: &ProsAndCons) -> String {
    let mut out = title("Pros and cons", Some(&result.question));
    let mut side = |head: &str, points: &[Point]| {
        line(&mut out, &format!("## {head}\n"));
        points
            .iter()
            .for_each(|point| line(&mut out, &format!("- {}{}", plain(&point.text), mark(point.drafted))));
        line(&mut out, "");
    };
    side("Pros", &result.pros);
    side("Cons", &result.cons);
    ending(&mut out, result.drafted, result.not_drafted.as_deref(), &result.needs);
    out
}

/// A table of risks.
pub(super) fn assessment(result: &Assessment) -> String {
    let mut out = title("Risk assessment", Some(&result.plan));
    if let Some(overall) = result.overall {
        line(&mut out, &format!("**Overall: {}**, the level of the greatest risk.\n", overall.name()));
    }
    if !result.risks.is_empty() {
        line(&mut out, "| Risk | Likelihood × impact | Level | For a lower level | What can be done |");
        line(&mut out, "|---|---|---|---|---|");
        result.risks.iter().for_each(|risk| line(&mut out, &risk_row(risk)));
        line(&mut out, "\nLevels: low to 4, medium to 9, high to 16, critical above.\n");
    }
    ending(&mut out, result.drafted, result.not_drafted.as_deref(), &result.needs);
    out
}

fn risk_row(risk: &Risk) -> String {
    let figure = |figure: Option<u8>| figure.map_or("–".to_owned(), |figure| figure.to_string());
    let product = risk.product.map(|product| format!(" = {product}")).unwrap_or_default();
    let lower = risk.lower.as_ref().map(|lower| {
        let part = |what: &str, to: Option<u8>| to.map(|to| format!("{what} {to}"));
        let parts: Vec<String> = [part("likelihood", lower.likelihood), part("impact", lower.impact)]
            .into_iter()
            .flatten()
            .collect();
        format!("{}: {}", lower.level.name(), parts.join(" or "))
    });
    format!(
        "| {}{} | {} × {}{product}{} | {} | {} | {} |",
        plain(&risk.risk),
        mark(risk.drafted),
        figure(risk.likelihood),
        figure(risk.impact),
        mark(risk.rating_drafted),
        risk.level.map_or("–", |level| level.name()),
        lower.unwrap_or("–".to_owned()),
        risk.measure.as_ref().map_or("–".to_owned(), |measure| plain(measure) + DRAFTED),
    )
}

fn title(what: &str, about: Option<&str>) -> String {
    match about {
        Some(about) => format!("# {what}: {}\n\n", plain(about)),
        None => format!("# {what}\n\n"),
    }
}

fn ending(out: &mut String, drafted: bool, why: Option<&str>, needs: &[String]) {
    if drafted {
        line(out, "What is marked as drafted was proposed by a language model: a suggestion, to be checked.");
    }
    if let Some(why) = why {
        line(out, &format!("Not drafted: {}.", plain(why)));
    }
    for need in needs {
        line(out, &format!("- Missing: {}", plain(need)));
    }
}

fn mark(drafted: bool) -> &'static str {
    if drafted { DRAFTED } else { "" }
}

fn percent(share: f64) -> String {
    format!("{} %", write(share * 100.0, 1))
}

/// Text in which nothing is markup.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '!' | '~') {
            out.push('\\');
        }
        out.push(character);
    }
    out
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}
