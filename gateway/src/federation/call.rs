//! One `tools/call`: proposed, perhaps asked about, run once, and carried on over as many legs as the tool needs.

use std::sync::Arc;

use rmcp::model::{CallToolRequestParams, CallToolResponse, ErrorData, InputRequiredResult, InputResponses};
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::answer::{self, failed};
use super::ask::{self, Asked};
use super::client::{Client, Era};
use super::own::Own;
use super::parked::Waiting;
use super::server::Session;
use super::upcalls::{self, Behind, During};
use super::{ASK, Hub, tools};
use crate::approval::{Proposal, ProposeError, Verdict};
use crate::canonical::Digest;
use crate::discovery::UnknownCapability;
use crate::execution::{Authorized, Done, OpenCall, Passing, RawOutcome, Route};
use crate::idempotency::{IdempotencyKey, META_KEY};
use crate::name::CapabilityId;
use crate::policy::{Grounds, mcp_profile};
use crate::registry::TransportChoice;
use crate::upstream::{Leg, Upcalls, Wish};

/// The most legs one call may take.
const LEGS: usize = 10;

type Answer = Result<CallToolResponse, ErrorData>;

/// A call whose tool has asked something by its result.
#[derive(Debug)]
pub(super) struct Between {
    open: OpenCall,
    own: Option<Arc<Own>>,
    upstream_state: Option<String>,
    legs: usize,
}

/// A call that is running, and the conversation with its server.
#[derive(Debug)]
pub(super) struct Running {
    run: JoinHandle<RawOutcome>,
    asked: upcalls::Asked,
    /// Ends the call when nobody comes back for it.
    cancel: CancellationToken,
    _end: DropGuard,
    own: Arc<Own>,
    asks: usize,
}

/// A call on its way.
pub(super) struct Calling<'a> {
    pub(super) hub: &'a Arc<Hub>,
    pub(super) session: &'a Session,
    pub(super) client: &'a Client,
    capability: CapabilityId,
    /// What a state given out for this call is bound to.
    binding: String,
}

/// The way to the server.
struct Way {
    own: Option<Arc<Own>>,
    /// The client, where questions go into its result.
    asked: Option<upcalls::Asked>,
    _during: Option<During>,
}

pub(super) async fn call(
    hub: &Arc<Hub>,
    session: &Session,
    client: &Client,
    request: CallToolRequestParams,
) -> Answer {
    let capability = tools::resolve(&hub.gateway, &request.name)?;
    let arguments = request.arguments.unwrap_or_default();
    let binding = format!("tools/call {capability} {}", Digest::of_object(&arguments).as_str());
    let calling = Calling { hub, session, client, capability, binding };
    if let Some(state) = request.request_state {
        return calling.go_on(hub.unpark(&state, &calling.binding)?, request.input_responses).await;
    }
    let idempotency_key = idempotency_key(client)?;
    let proposal = Proposal {
        persona: mcp_profile(),
        session: client.session.clone(),
        capability: calling.capability.clone(),
        arguments,
        grounds: Grounds::Caller,
        by_voice: false,
        ttl: ASK,
        idempotency_key,
        passing: Passing::default(),
    };
    match hub.gateway.propose(proposal).await {
        Ok(Verdict::Allowed(authorized)) => calling.run(authorized, request.input_responses).await,
        Ok(Verdict::Ask(pending)) => {
            let asked =
                ask::ask(hub, client, &calling.binding, pending, request.input_responses.clone()).await?;
            calling.after(asked, request.input_responses).await
        }
        Ok(Verdict::Denied(denial)) => Ok(failed(format!("It was not run: {}.", denial.reason))),
        Ok(Verdict::Replayed(outcome)) => Ok(answer::again(outcome.state)),
        Err(error) => not_judged(error),
    }
}

/// The client's name for its intent.
pub(super) fn idempotency_key(client: &Client) -> Result<Option<IdempotencyKey>, ErrorData> {
    let key = client.meta.get(META_KEY).map(|key| key.as_str().unwrap_or_default().parse());
    key.transpose().map_err(|error| {
        ErrorData::invalid_params(format!("_meta {META_KEY:?} can't be used: {error}"), None)
    })
}

/// What is answered to a call that could not be judged.
pub(super) fn not_judged(error: ProposeError) -> Answer {
    match error {
        ProposeError::UnknownCapability(unknown @ UnknownCapability::NoSuchTool { .. }) => {
            Err(ErrorData::invalid_params(unknown.to_string(), None))
        }
        error => Ok(failed(format!("It was not run: {error}."))),
    }
}

impl Calling<'_> {
    async fn after(&self, asked: Asked, responses: Option<InputResponses>) -> Answer {
        match asked {
            Asked::Granted(authorized) => self.run(*authorized, responses).await,
            Asked::Instead(result) => Ok(*result),
        }
    }

    async fn go_on(&self, waiting: Waiting, responses: Option<InputResponses>) -> Answer {
        match waiting {
            Waiting::Question(question) => {
                let (asked, first) =
                    ask::answered(self.hub, self.client, &self.binding, *question, responses).await?;
                self.after(asked, first).await
            }
            Waiting::Between(Between { open, own, upstream_state, legs }) => {
                let mut route = self.route(own.as_ref());
                route.leg.input_responses = responses;
                route.leg.request_state = upstream_state;
                let outcome = self.hub.gateway.resume_raw(open, self.client.gone.clone(), route).await;
                self.ended(outcome, own, legs + 1).await
            }
            Waiting::Running(running) => {
                // The server may have given up meanwhile, which shows in the run's end.
                let _ = running.asked.answers.send(responses.unwrap_or_default()).await;
                self.follow(running).await
            }
        }
    }

    async fn run(&self, authorized: Authorized, responses: Option<InputResponses>) -> Answer {
        let Way { own, asked, _during } = self.way().await;
        let mut route = self.route(own.as_ref());
        route.leg.input_responses = responses;
        if let (Some(own), Some(asked)) = (own.clone(), asked) {
            let cancel = CancellationToken::new();
            let (gateway, token) = (self.hub.gateway.clone(), cancel.clone());
            let run = async move { gateway.execute_raw(authorized, token, route).await };
            let run = self.hub.gateway.shared().tasks.spawn(run);
            let _end = cancel.clone().drop_guard();
            return self.follow(Running { run, asked, cancel, _end, own, asks: 0 }).await;
        }
        let outcome = self.hub.gateway.execute_raw(authorized, self.client.gone.clone(), route).await;
        self.ended(outcome, own, 1).await
    }

    /// Stays with a running call until it ends or its server asks something.
    async fn follow(&self, mut running: Running) -> Answer {
        tokio::select! {
            biased;
            outcome = &mut running.run => match outcome {
                Ok(outcome) => self.ended(outcome, Some(running.own.clone()), 1).await,
                Err(_) => Err(ErrorData::internal_error("the program failed while the call was running", None)),
            },
            Some(wanted) = running.asked.wanted.recv() => {
                running.asks += 1;
                if running.asks > LEGS {
                    return Ok(too_many());
                }
                let parked = self.hub.park(Waiting::Running(running), &self.binding, wanted.input_requests)?;
                Ok(parked.into())
            }
            () = self.client.gone.cancelled() => {
                running.cancel.cancel();
                Ok(failed("nobody waits for it any more"))
            }
        }
    }

    /// Answers with a call's end, or carries it on.
    async fn ended(&self, mut outcome: RawOutcome, own: Option<Arc<Own>>, mut legs: usize) -> Answer {
        loop {
            let (open, wanted) = match outcome {
                RawOutcome::Ended { called, .. } => return answer::of(called),
                RawOutcome::InputRequired { open, wanted } => (open, wanted),
            };
            if legs >= LEGS {
                open.close(Done::ToolFailed { text: "it asked too often".to_owned() }).await;
                return Ok(too_many());
            }
            if self.client.era == Era::Stateless {
                let InputRequiredResult { input_requests, request_state, .. } = wanted;
                let between = Between { open, own, upstream_state: request_state, legs };
                return Ok(self.hub.park(Waiting::Between(between), &self.binding, input_requests)?.into());
            }
            let mut route = self.route(own.as_ref());
            route.leg.request_state = wanted.request_state.clone();
            route.leg.input_responses = match answers(self.client, wanted).await {
                Ok(answers) => Some(answers),
                Err(error) => {
                    open.close(Done::ToolFailed { text: "the client did not answer it".to_owned() }).await;
                    return Ok(failed(format!(
                        "The tool asked something that was not answered: {}.",
                        error.message
                    )));
                }
            };
            legs += 1;
            outcome = self.hub.gateway.resume_raw(open, self.client.gone.clone(), route).await;
        }
    }

    /// The shared connection, or one with this client behind it where the client can be asked or wants logs.
    async fn way(&self) -> Way {
        let shared = Way { own: None, asked: None, _during: None };
        let server = self.capability.server();
        match self.client.era {
            Era::Sessions if self.client.can_be_asked() || self.session.wants_logs() => {
                let own = self.session.own(self.hub, self.client, server).await;
                let during = own.as_ref().map(|own| own.behind.during(self.client.request.clone()));
                Way { own, asked: None, _during: during }
            }
            Era::Sessions => shared,
            Era::Stateless => {
                let Ok((connection, _)) = self.hub.gateway.shared().table.find(&self.capability) else {
                    return shared;
                };
                let logs = self.client.meta.log_level();
                // Servers of the newer era ask by their result, over any connection.
                let asks = self.client.can_be_asked()
                    && connection.has_initialize()
                    // Another process for each request would have another memory.
                    && connection.transport() != TransportChoice::Stdio;
                if !asks && logs.is_none() {
                    return shared;
                }
                let (behind, asked) = Behind::request(self.client);
                let Some(own) = self.hub.open(server, behind, Wish::Newest).await else { return shared };
                if let Some(level) = logs {
                    own.log_from(level).await;
                }
                Way { own: Some(own), asked: Some(asked), _during: None }
            }
        }
    }

    fn route(&self, own: Option<&Arc<Own>>) -> Route {
        let connection = own.map(|own| own.connection.clone());
        let mut meta = self.client.meta.clone();
        meta.remove(META_KEY);
        let tells = meta.get_progress_token().is_some();
        let ear: Option<Arc<dyn Upcalls>> = if tells { Some(Behind::ear(self.client)) } else { None };
        // What it can be asked is the client's; who it is and which revision it speaks is between it and us.
        meta.set_client_capabilities(self.client.declared());
        Route { connection, leg: Leg { meta: Some(meta), ear, ..Leg::default() } }
    }
}

fn too_many() -> CallToolResponse {
    failed(format!("The tool asked more than {LEGS} times, which is the limit."))
}

/// A client of sessions answers what a server of the newer era asks, one after the other.
pub(super) async fn answers(
    client: &Client,
    wanted: InputRequiredResult,
) -> Result<InputResponses, ErrorData> {
    let mut answers = InputResponses::new();
    for (key, question) in wanted.input_requests.unwrap_or_default() {
        let answer = client.ask(upcalls::into_request(question)?, &client.gone).await?;
        let answer = serde_json::to_value(answer)
            .map_err(|error| ErrorData::internal_error(format!("the answer can't be read: {error}"), None))?;
        answers.insert(key, answer);
    }
    Ok(answers)
}
