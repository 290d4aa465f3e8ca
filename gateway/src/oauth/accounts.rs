//! The accounts of all servers, and the sign-ins that are under way in a browser.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rmcp::transport::AuthorizationManager;

use super::account::{Account, Surroundings};
use crate::name::ServerName;
use crate::registry::Origin;
use crate::store::ServerRecord;

/// How long a person may take to sign in.
pub(super) const SIGN_IN_TIME: Duration = Duration::from_secs(600);
/// How long it is remembered that one was begun, so that coming back too late is told as that.
const KEPT: Duration = Duration::from_secs(24 * 3600);
/// Sign-ins under way at a time; the oldest goes first.
const MAX_UNDER_WAY: usize = 64;

/// Every account, by server, and every sign-in under way, by its state.
pub(crate) struct Accounts {
    around: Surroundings,
    public_url: String,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    accounts: BTreeMap<ServerName, Arc<Account>>,
    under_way: BTreeMap<String, UnderWay>,
}

/// A sign-in that waits for the browser to come back.
pub(crate) struct UnderWay {
    pub(super) account: Arc<Account>,
    /// Holds the verifier of this very sign-in.
    pub(super) manager: AuthorizationManager,
    pub(super) begun: Instant,
}

impl fmt::Debug for Accounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Accounts")
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("server", &self.server).finish_non_exhaustive()
    }
}

impl Accounts {
    pub(crate) fn new(public_url: String, around: impl FnOnce(String) -> Surroundings) -> Self {
        let around = around(format!("{public_url}/oauth/callback"));
        Self { around, public_url, known: Mutex::default() }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens the account of a server that may ask for one: not of our own, and not of one that brings its own authorization.
    pub(crate) fn open(&self, record: &ServerRecord) -> Option<Arc<Account>> {
        let has_other = record.origin != Origin::User || record.headers.contains_key("authorization");
        let account = (!has_other).then(|| Arc::new(Account::new(record, self.around.clone())));
        let mut known = self.known();
        match &account {
            Some(account) => known.accounts.insert(record.name.clone(), account.clone()),
            None => known.accounts.remove(&record.name),
        };
        known.under_way.retain(|_, sign_in| sign_in.account.server != record.name);
        account
    }

    /// Every connection to a server is signed in by the same account.
    pub(crate) fn account(&self, server: &ServerName) -> Option<Arc<Account>> {
        self.known().accounts.get(server).cloned()
    }

    /// Forgets a server's account; a sign-in that is under way for it comes to nothing.
    pub(crate) fn close(&self, server: &ServerName) {
        let mut known = self.known();
        known.accounts.remove(server);
        known.under_way.retain(|_, sign_in| sign_in.account.server != *server);
    }

    /// How the last sign-in came to nothing, while one is wanted.
    pub(crate) fn sign_in_problem(&self, server: &ServerName) -> Option<String> {
        let account = self.account(server).filter(|account| account.refusal().is_some())?;
        account.failed_sign_in().map(|error| error.to_string())
    }

    /// Where a person signs in to the server, if that would help.
    pub(crate) fn sign_in(&self, server: &ServerName) -> Option<String> {
        let refusal = self.account(server)?.refusal()?;
        refusal.by_signing_in().then(|| format!("{}/oauth/start/{server}", self.public_url))
    }

    pub(super) fn put_under_way(&self, state: String, sign_in: UnderWay) {
        let mut known = self.known();
        known.under_way.retain(|_, other| other.begun.elapsed() < KEPT);
        while known.under_way.len() >= MAX_UNDER_WAY {
            let oldest = known.under_way.iter().min_by_key(|(_, other)| other.begun);
            let Some(oldest) = oldest.map(|(state, _)| state.clone()) else { break };
            known.under_way.remove(&oldest);
        }
        known.under_way.insert(state, sign_in);
    }

    /// The sign-in of that state, once; only its account if it comes too late.
    pub(crate) fn take_under_way(&self, state: &str, now: Instant) -> Option<Result<UnderWay, Arc<Account>>> {
        let sign_in = self.known().under_way.remove(state)?;
        let in_time = now.duration_since(sign_in.begun) < SIGN_IN_TIME;
        Some(if in_time { Ok(sign_in) } else { Err(sign_in.account) })
    }
}
