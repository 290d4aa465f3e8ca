//! What an agent says of itself, in the form of A2A 1.0 and in the one that clients of 0.3 read.

use std::net::SocketAddr;

use a2a::{AgentCapabilities, AgentCard, AgentInterface, AgentSkill, TRANSPORT_PROTOCOL_JSONRPC};
use serde_json::{Map, Value, json};

use super::Agent;

/// The newest revision that is spoken.
pub(super) const NEWEST: &str = "1.0";
/// The older one that is spoken too.
const OLDER: &str = "0.3.0";
const WORDS: &str = "text/plain";

/// Where agents of this machine reach one that listens there.
pub(super) fn url(address: SocketAddr) -> String {
    format!("http://{}/", crate::builtins::reachable(address))
}

/// The card of an agent.
pub(super) fn card(agent: Agent, address: SocketAddr) -> AgentCard {
    let interface = |version: &str| AgentInterface {
        url: url(address),
        protocol_binding: TRANSPORT_PROTOCOL_JSONRPC.to_owned(),
        protocol_version: version.to_owned(),
        tenant: None,
    };
    AgentCard {
        name: agent.title().to_owned(),
        description: agent.description().to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        supported_interfaces: vec![interface(NEWEST), interface(OLDER)],
        capabilities: capabilities(),
        default_input_modes: vec![WORDS.to_owned()],
        default_output_modes: vec![WORDS.to_owned()],
        skills: skills(agent),
        provider: None,
        documentation_url: None,
        icon_url: None,
        security_schemes: None,
        security_requirements: None,
        signatures: None,
    }
}

/// What the agents can do beside answering.
pub(super) fn capabilities() -> AgentCapabilities {
    AgentCapabilities {
        streaming: Some(true),
        push_notifications: Some(false),
        extensions: None,
        extended_agent_card: Some(false),
    }
}

/// The card as it is served: clients of 1.0 read `supportedInterfaces`, those of 0.3 `url` and what belongs to it, and each
/// ignores the other's fields.
pub(super) fn for_everyone(card: &AgentCard) -> Value {
    let mut value = json!(card);
    if let Value::Object(fields) = &mut value {
        fields.extend(older_fields(card));
    }
    value
}

/// The card in the shape of 0.3 alone.
pub(super) fn for_older(card: &AgentCard) -> Value {
    let mut value = for_everyone(card);
    if let Value::Object(fields) = &mut value {
        fields.remove("supportedInterfaces");
    }
    value
}

fn older_fields(card: &AgentCard) -> Map<String, Value> {
    let url = card.supported_interfaces.first().map(|interface| &interface.url);
    Map::from_iter([
        ("protocolVersion".to_owned(), json!(OLDER)),
        ("url".to_owned(), json!(url)),
        ("preferredTransport".to_owned(), json!(TRANSPORT_PROTOCOL_JSONRPC)),
        ("supportsAuthenticatedExtendedCard".to_owned(), json!(false)),
    ])
}

fn skills(agent: Agent) -> Vec<AgentSkill> {
    let skill = |id: &str, name: &str, description: &str, tags: &[&str], examples: &[&str]| {
        let all = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        AgentSkill {
            id: id.to_owned(),
            name: name.to_owned(),
            description: description.to_owned(),
            tags: all(tags),
            examples: Some(all(examples)),
            input_modes: None,
            output_modes: None,
            security_requirements: None,
        }
    };
    match agent {
        Agent::Everyday => vec![
            skill(
                "everyday_tasks",
                "Everyday tasks",
                "Keeps to-dos, reminders and the schedule, and uses every tool server that is registered here. Asks \
                 before it changes anything: the task then waits for input with the exact question.",
                &["tasks", "reminders", "calendar", "assistant"],
                &[
                    "Remind me to water the garden tomorrow at five.",
                    "What is on my to-do list?",
                    "Put lunch with Sara on Thursday at noon.",
                ],
            ),
            skill(
                "everyday_questions",
                "Questions",
                "Answers questions in one or two short sentences, from the person's documents where they say more.",
                &["questions", "documents"],
                &["How long do eggs boil?", "What do my notes say about the heating?"],
            ),
        ],
        Agent::ChiefOfStaff => vec![skill(
            "coordination",
            "Coordination",
            "Takes a request with several parts, puts first what is urgent, gives each part to the agent that it \
             fits, and brings the answers together: what was done, what was not, and by whom. Passes on what a \
             delegate asks, word for word.",
            &["planning", "delegation", "priorities", "coordination"],
            &[
                "Put buy bread on my to-do list, and remind me today at four to call the bank, that is urgent.",
                "Ask what is due this week and put review the budget on my list.",
            ],
        )],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_revisions_read_the_card() {
        let at = SocketAddr::from(([0, 0, 0, 0], 9201));
        for agent in Agent::ALL {
            let card = card(agent, at);
            let served = for_everyone(&card);
            assert_eq!(serde_json::from_value::<AgentCard>(served.clone()).unwrap(), card);
            assert_eq!(served["supportedInterfaces"][0]["url"], "http://127.0.0.1:9201/");
            assert_eq!(served["supportedInterfaces"][0]["protocolVersion"], "1.0");
            assert_eq!(served["url"], "http://127.0.0.1:9201/");
            let older = for_older(&card);
            assert_eq!(older["protocolVersion"], "0.3.0");
            assert!(older.get("supportedInterfaces").is_none(), "{older}");
            for skill in &card.skills {
                assert!(!skill.tags.is_empty() && skill.examples.as_ref().is_some_and(|e| !e.is_empty()));
            }
        }
    }
}
