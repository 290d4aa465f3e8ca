//! Long lists in pages. A cursor names the last item of the page before, so it stays true while lists change around it.

use rmcp::model::{ErrorData, PaginatedRequestParams};

/// Items on one page.
pub(super) const PAGE: usize = 100;

/// One page of a list, and the cursor to the next.
pub(super) fn page<T>(
    mut items: Vec<T>,
    request: Option<&PaginatedRequestParams>,
    key: impl Fn(&T) -> &str,
) -> Result<(Vec<T>, Option<String>), ErrorData> {
    if let Some(cursor) = request.and_then(|request| request.cursor.as_deref()) {
        let Some(last) = items.iter().position(|item| key(item) == cursor) else {
            return Err(ErrorData::invalid_params(
                "the cursor is from a list that has changed, start again",
                None,
            ));
        };
        items.drain(..=last);
    }
    let more = items.len() > PAGE;
    items.truncate(PAGE);
    let next = items.last().filter(|_| more).map(|item| key(item).to_owned());
    Ok((items, next))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_join_up_to_the_whole() {
        let all: Vec<String> = (0..250).map(|n| format!("item{n}")).collect();
        let (mut seen, mut request) = (Vec::new(), None);
        loop {
            let (items, next) = page(all.clone(), request.as_ref(), String::as_str).unwrap();
            seen.extend(items);
            let Some(next) = next else { break };
            request = Some(PaginatedRequestParams::default().with_cursor(Some(next)));
        }
        assert_eq!(seen, all);
        let unknown = PaginatedRequestParams::default().with_cursor(Some("gone".into()));
        assert!(page(all, Some(&unknown), String::as_str).is_err());
    }
}
