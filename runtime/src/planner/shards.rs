//! Many tools in several prompts. A prompt of every tool would cost seconds for each turn and not fit beyond some two
//! hundred; a choice of tools that changes with the utterance would have to be evaluated each time. So tools stand in
//! fixed groups with a prompt each, evaluated once, and the prior says which group an utterance is for.

use homepilot_models::lm::Prefix;
use serde_json::Value;

use super::{
    Tool, prompt,
    prompt::{ASK, RESPOND},
    schema,
};

/// Tools that share one prompt. The five built-in servers have 28.
const MOST: usize = 32;
/// Tools of a group, where there are several.
const GROUP: usize = 20;

/// A group of tools: prompt and grammar.
#[derive(Clone, Debug)]
pub(super) struct Shard {
    /// Indices into the toolbox.
    pub(super) tools: Vec<usize>,
    pub(super) prefix: Prefix,
    pub(super) grammar: Value,
    /// What the model may choose: the tools as they are shown, `respond` and `ask`.
    pub(super) names: Vec<String>,
}

/// Groups of sorted `tools`, each with the name it is shown by.
pub(super) fn shards(tools: &[(String, Tool)]) -> Vec<Shard> {
    groups(tools)
        .into_iter()
        .map(|group| {
            let members: Vec<(String, Tool)> = group.iter().map(|index| tools[*index].clone()).collect();
            let names = members.iter().map(|(shown, _)| shown.clone());
            let names = names.chain([RESPOND.to_owned(), ASK.to_owned()]).collect();
            let prefix = Prefix { text: prompt::prefix(&members) };
            Shard { grammar: schema::grammar(&members), prefix, names, tools: group }
        })
        .collect()
}

/// One group as long as all fit one. Else a server's tools stay together, in groups of like size if they are many;
/// servers with few share. So one more tool changes the prompts of its own server and of the small ones after it.
fn groups(tools: &[(String, Tool)]) -> Vec<Vec<usize>> {
    if tools.len() <= MOST {
        return if tools.is_empty() { Vec::new() } else { vec![(0..tools.len()).collect()] };
    }
    let server = |index: &usize| tools[*index].1.id.split("__").next().unwrap_or_default();
    let all: Vec<usize> = (0..tools.len()).collect();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut small: Vec<usize> = Vec::new();
    for own in all.chunk_by(|a, b| server(a) == server(b)) {
        if own.len() > GROUP / 2 {
            let parts = own.len().div_ceil(GROUP);
            groups.extend(own.chunks(own.len().div_ceil(parts)).map(<[usize]>::to_vec));
        } else {
            if small.len() + own.len() > GROUP {
                groups.push(std::mem::take(&mut small));
            }
            small.extend(own);
        }
    }
    if !small.is_empty() {
        groups.push(small);
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tools(servers: &[(&str, usize)]) -> Vec<(String, Tool)> {
        let mut tools: Vec<(String, Tool)> = servers
            .iter()
            .flat_map(|(server, count)| (0..*count).map(move |n| format!("{server}__tool_{n:03}")))
            .map(|id| {
                let name = id.clone();
                let schema = serde_json::json!({"type": "object"});
                (name.clone(), Tool { id, name, description: String::new(), schema })
            })
            .collect();
        tools.sort_by(|a, b| a.1.id.cmp(&b.1.id));
        tools
    }

    #[test]
    fn few_tools_are_one_group_and_many_are_groups_of_whole_servers() {
        assert_eq!(groups(&tools(&[("a", 11), ("b", 21)])).len(), 1);
        assert!(groups(&[]).is_empty());
        let many = tools(&[("big", 45), ("c", 4), ("d", 5), ("e", 12)]);
        let groups = groups(&many);
        assert!(groups.iter().all(|group| group.len() <= GROUP), "{groups:?}");
        let mut seen: Vec<usize> = groups.concat();
        seen.sort_unstable();
        assert_eq!(seen, (0..many.len()).collect::<Vec<_>>(), "every tool is in one group");
        assert_eq!(groups.len(), 5, "three of the big server, one of its own, one of two small ones");
    }

    #[test]
    fn one_more_tool_leaves_the_prompts_of_other_servers_as_they_are() {
        let before = shards(&tools(&[("a", 18), ("b", 15), ("c", 16)]));
        let after = shards(&tools(&[("a", 18), ("b", 16), ("c", 16)]));
        let kept = after.iter().filter(|shard| before.iter().any(|old| old.prefix == shard.prefix)).count();
        assert_eq!((before.len(), after.len(), kept), (3, 3, 2));
    }
}
