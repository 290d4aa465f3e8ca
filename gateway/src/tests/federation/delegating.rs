//! What a built-in server calls for the call it is running: as its persona, reads alone, and nobody is asked.

use rmcp::model::{ListToolsResult, PaginatedRequestParams};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::tests::peer::Peer;

const TOKEN: &str = "homepilot/delegation";
const KEY: &str = "homepilot/idempotency-key";

/// The built-in `desk`, whose `hang` names capabilities, and the user's `mail`, whose `look` and `hang` are reads.
struct House {
    rig: Rig,
    desk: Peer,
    mail: Peer,
    client: Client,
}

/// A call of `desk__hang` that is under way.
struct Running {
    entry: EntryId,
    token: String,
    cancel: CancellationToken,
    run: JoinHandle<Outcome>,
}

impl Running {
    async fn end(self) {
        self.cancel.cancel();
        within(self.run).await.unwrap();
    }
}

impl House {
    async fn open(speaks: Speaks) -> Self {
        let (rig, desk, mail) = (Rig::open().await, Peer::start().await, Peer::start().await);
        let reads = json!({"annotations": {"readOnlyHint": true}});
        let list = json!({"type": "array", "items": {"type": "string"}, "x-homepilot": "capabilities"});
        let names = json!({"type": "object", "properties": {
            "sources": list, "note": {"type": "array", "items": {"type": "string"}}
        }});
        desk.redefine("hang", &json!({"annotations": {"readOnlyHint": true}, "inputSchema": names}));
        mail.redefine("look", &reads);
        mail.redefine("hang", &reads);
        let builtin = Builtin {
            name: "desk".parse().unwrap(),
            url: desk.url(),
            description: String::new(),
            category: None,
        };
        rig.gateway.ensure_builtin(builtin).await.unwrap();
        rig.register("mail", mail.url()).await;
        let trusted = ServerPatch { trusted: Some(true), ..ServerPatch::default() };
        rig.gateway.patch("mail", trusted).await.unwrap();
        let client = Person::new(Some(Says::Yes)).connect(&rig.serve().await, speaks).await;
        Self { rig, desk, mail, client }
    }

    async fn start(&self, authorized: Authorized) -> Running {
        let (entry, cancel) = (authorized.entry().clone(), CancellationToken::new());
        let (gateway, token) = (self.rig.gateway.clone(), cancel.clone());
        let run = tokio::spawn(async move { gateway.execute(authorized, token).await });
        within(self.desk.arrived()).await;
        let metas = self.desk.metas();
        let token = metas.last().unwrap()[TOKEN].as_str().unwrap().to_owned();
        Running { entry, token, cancel, run }
    }

    /// A call that a person has said yes to.
    async fn approved(&self, arguments: Value) -> Running {
        self.start(self.rig.granted("desk__hang", arguments).await).await
    }

    async fn call(&self, name: &str, token: &Value) -> Result<CallToolResult, ServiceError> {
        let arguments = if name.ends_with("remind") { json!({"text": "x"}) } else { json!({}) };
        let mut call = tool(name, arguments);
        call.meta = Some(serde_json::from_value(json!({TOKEN: token})).unwrap());
        within(self.client.call_tool(call)).await
    }

    /// The code of a refusal, and what it says.
    async fn refused(&self, name: &str, token: &str) -> (String, String) {
        let result = self.call(name, &json!(token)).await.unwrap();
        assert_eq!(result.is_error, Some(true), "{result:?}");
        let error = result.structured_content.as_ref().unwrap()["error"].clone();
        assert_eq!(error["message"], text(&result));
        (error["code"].as_str().unwrap().to_owned(), text(&result))
    }

    async fn list(&self, token: &Value) -> Result<ListToolsResult, ServiceError> {
        let mut request = PaginatedRequestParams::default();
        request.meta = Some(serde_json::from_value(json!({TOKEN: token})).unwrap());
        within(self.client.list_tools(Some(request))).await
    }

    async fn row(&self) -> AuditEntry {
        self.rig.gateway.audit(AuditQuery::default()).await.unwrap().remove(0)
    }
}

fn said(error: Result<impl std::fmt::Debug, ServiceError>) -> String {
    match error {
        Err(ServiceError::McpError(error)) => error.message.into_owned(),
        other => panic!("not a protocol error: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_yes_covers_the_reads_that_the_question_named() {
    for speaks in BOTH {
        let house = House::open(speaks).await;
        let running = house.approved(json!({"sources": ["mail__look", "mail__remind"]})).await;
        let result = house.call("mail__look", &json!(running.token)).await.unwrap();
        assert_eq!((text(&result), result.is_error), ("nothing due".to_owned(), Some(false)));
        let row = house.row().await;
        assert_eq!((row.tool.as_str(), row.state, row.level.number()), ("look", AuditState::Succeeded, 1));
        assert_eq!((row.persona.as_str(), row.session.as_str()), ("assistant", "s1"));
        assert_eq!(row.decided_by, DecidedBy::Voice);
        let wanted = format!(
            "a yes to the call that names it, over default of persona assistant = 1, on behalf of desk__hang ({})",
            running.entry
        );
        assert_eq!(row.rule, wanted);
        // What isn't a read is never covered, named or not.
        let (code, message) = house.refused("mail__remind", &running.token).await;
        assert_eq!(code, "denied");
        assert!(message.contains("may only read, and mail__remind is not known to be a read"), "{message}");
        assert_eq!((house.row().await.state, house.mail.done()), (AuditState::Denied, 0));
        running.end().await;
        house.rig.gateway.verify_audit().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_question_did_not_name_needs_an_approval_of_its_own() {
    let house = House::open(Speaks::Stateless).await;
    // An argument that isn't marked names nothing.
    for arguments in [json!({}), json!({"sources": ["desk__look", "mail", "look"], "note": ["mail__look"]})] {
        let running = house.approved(arguments).await;
        let (code, message) = house.refused("mail__look", &running.token).await;
        assert_eq!(code, "needs_approval");
        assert!(message.contains("the question about desk__hang didn't name it: name it there"), "{message}");
        let row = house.row().await;
        assert_eq!((row.state, row.decided_by), (AuditState::Denied, DecidedBy::Policy));
        running.end().await;
    }
    // Nobody heard what it names when it ran unasked.
    house.rig.level("desk", Level::Autonomous, &["hang"]).await;
    let unasked = match house.rig.propose("desk__hang", json!({"sources": ["mail__look"]})).await.unwrap() {
        Verdict::Allowed(authorized) => house.start(authorized).await,
        other => panic!("asked: {other:?}"),
    };
    let (code, message) = house.refused("mail__look", &unasked.token).await;
    assert!(code == "needs_approval" && message.contains("desk__hang ran unasked"), "{code}: {message}");
    // What may run unasked runs, as always.
    house.rig.level("mail", Level::ReadOnly, &["look"]).await;
    assert_eq!(text(&house.call("mail__look", &json!(unasked.token)).await.unwrap()), "nothing due");
    let row = house.row().await;
    assert_eq!((row.state, row.decided_by), (AuditState::Succeeded, DecidedBy::Policy));
    assert!(row.rule.ends_with(&format!(", on behalf of desk__hang ({})", unasked.entry)), "{}", row.rule);
    assert!(house.rig.gateway.approvals().is_empty());
    unasked.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_reads_run_at_any_level() {
    let house = House::open(Speaks::Stateless).await;
    house.rig.level("mail", Level::Autonomous, &["remind"]).await;
    let running = house.approved(json!({"sources": ["mail__remind"]})).await;
    assert_eq!(house.refused("mail__remind", &running.token).await.0, "denied");
    assert_eq!(house.mail.done(), 0);
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_persona_is_the_one_of_the_call() {
    let house = House::open(Speaks::Stateless).await;
    let mut barred = proposal("desk__hang", json!({"sources": ["mail__look"]}), Duration::from_secs(60));
    barred.persona = PersonaProfile { deny: vec!["mail".into()], ..PersonaProfile::new("kids") };
    let Verdict::Ask(mut pending) = house.rig.gateway.propose(barred).await.unwrap() else {
        panic!("not asked")
    };
    house.rig.gateway.answer(&pending.approval.id, Decision::Approve, DecidedBy::Screen).await.unwrap();
    let Resolution::Granted(authorized) = pending.resolution.wait().await else { panic!("not granted") };
    let kids = house.start(authorized).await;
    let refusal = house.refused("mail__look", &kids.token).await;
    assert_eq!(refusal, ("denied".to_owned(), "It was not run: kids may not use mail__look.".to_owned()));
    assert_eq!(house.row().await.persona, "kids");
    let assistant = house.approved(json!({})).await;
    let names = |list: &ListToolsResult| -> Vec<String> {
        list.tools.iter().map(|tool| tool.name.to_string()).collect()
    };
    assert_eq!(names(&house.list(&json!(kids.token)).await.unwrap()), ["desk__hang"]);
    let all = house.list(&json!(assistant.token)).await.unwrap();
    assert_eq!(names(&all), ["desk__hang", "mail__look", "mail__hang"]);
    for tool in &all.tools {
        let said = tool.annotations.as_ref().unwrap();
        assert_eq!((said.read_only_hint, said.destructive_hint), (Some(true), Some(false)));
    }
    // Who may not use a server isn't told of it either.
    let House { rig, mut mail, .. } = house;
    mail.kill();
    rig.until(|gateway| gateway.unavailable().len() == 1).await;
    let client = Person::new(None).connect(&rig.serve().await, Speaks::Sessions).await;
    for (running, away) in [(assistant, 1), (kids, 0)] {
        let mut request = PaginatedRequestParams::default();
        request.meta = Some(serde_json::from_value(json!({TOKEN: running.token})).unwrap());
        let list = client.list_tools(Some(request)).await.unwrap();
        let missing = list.meta.unwrap()["homepilot/unavailable"].clone();
        assert_eq!(missing.as_array().unwrap().len(), away, "{missing}");
        assert!(away == 0 || missing[0]["server"] == "mail");
        running.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_good_while_its_call_runs() {
    for speaks in BOTH {
        let house = House::open(speaks).await;
        let running = house.approved(json!({"sources": ["mail__look", "mail__hang"]})).await;
        let token = json!(running.token.clone());
        assert!(house.call("mail__look", &token).await.is_ok());
        // What is under way on behalf of the call ends with it.
        let (ended, ()) = tokio::join!(house.call("mail__hang", &token), async {
            within(house.mail.arrived()).await;
            running.end().await;
        });
        assert!(text(&ended.unwrap()).starts_with("It is not known whether it happened"));
        let before = house.rig.states().await.len();
        let over =
            "the delegation is unknown or its call has ended: nothing can be called on its behalf any more";
        for given in [&token, &json!("made-up")] {
            assert_eq!(said(house.call("mail__look", given).await), over);
            assert_eq!(said(house.list(given).await), over);
        }
        let odd = said(house.call("mail__look", &json!(5)).await);
        assert_eq!(odd, "_meta \"homepilot/delegation\" must be a text");
        // It never counts as the client's own call.
        assert_eq!((house.rig.states().await.len(), house.rig.gateway.approvals().len()), (before, 0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_by_delegation_cannot_delegate_further() {
    let house = House::open(Speaks::Stateless).await;
    let running = house.approved(json!({"sources": ["desk__hang", "mail__look"]})).await;
    let token = json!(running.token);
    let second = async {
        within(house.desk.arrived()).await;
        let second = house.desk.metas().last().unwrap()[TOKEN].clone();
        assert_ne!(second, token);
        let spent = "a call that was made by delegation can't delegate further";
        assert_eq!(said(house.call("mail__look", &second).await), spent);
        assert_eq!(said(house.list(&second).await), spent);
        running.end().await;
    };
    let (_, ()) = tokio::join!(house.call("desk__hang", &token), second);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_built_in_servers_are_told_of_a_call() {
    let house = House::open(Speaks::Sessions).await;
    let running = house.approved(json!({"sources": ["mail__look"]})).await;
    let told = house.desk.metas().remove(0);
    assert_eq!(told[KEY], running.entry.to_string());
    assert!(running.token.len() == 64 && told[TOKEN] == running.token);
    house.call("mail__look", &json!(running.token)).await.unwrap();
    let authorized = house.rig.granted("mail__look", json!({})).await;
    house.rig.run(authorized).await;
    let mut keyed = tool("mail__look", json!({}));
    keyed.meta = Some(serde_json::from_value(json!({KEY: "mine"})).unwrap());
    house.client.call_tool(keyed).await.unwrap();
    let metas = house.mail.metas();
    assert_eq!(metas.len(), 3);
    for meta in metas {
        assert!(meta.as_object().unwrap().keys().all(|key| !key.starts_with("homepilot/")), "{meta}");
    }
    // No token shows anywhere.
    let shown = format!("{:?} {:?}", house.rig.gateway.shared(), house.rig.steps().await);
    assert!(!shown.contains(&running.token));
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_was_called_directly_acts_as_any_caller_and_never_asks() {
    for speaks in BOTH {
        let house = House::open(speaks).await;
        let (code, message) = house.refused("mail__look", "").await;
        assert_eq!(code, "needs_approval");
        assert!(message.contains("mcp has to be asked before mail__look is read"), "{message}");
        house.rig.level("mail", Level::Autonomous, &["remind", "look"]).await;
        assert_eq!(text(&house.call("mail__look", &json!("")).await.unwrap()), "nothing due");
        let row = house.row().await;
        assert_eq!((row.persona.as_str(), row.decided_by), (MCP_CALLER, DecidedBy::Policy));
        assert!(row.rule.ends_with(", on behalf of a server that was called directly"), "{}", row.rule);
        assert_eq!(house.refused("mail__remind", "").await.0, "denied");
        assert_eq!((house.mail.done(), house.rig.gateway.approvals().len()), (0, 0));
    }
}
