//! A journal that kills its own process at a step.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use homepilot_gateway::{
    Allowed, ApprovalId, CallRecord, DecidedBy, Done, Edit, IdempotencyKey, Journal, KeyedCall, Question,
    Recovered, Settled, Settlement, StoreError,
};

use crate::plan::Death;

#[derive(Debug)]
pub(crate) struct Deadly {
    pub(crate) inner: Arc<dyn Journal>,
    pub(crate) death: Death,
    pub(crate) seen: Mutex<HashMap<&'static str, u32>>,
}

impl Deadly {
    fn at(&self, point: &'static str) {
        let mut seen = self.seen.lock().unwrap();
        let times = seen.entry(point).or_default();
        *times += 1;
        if self.death == Death::At(point, *times) {
            crate::kill(rustix::process::getpid());
        }
    }
}

#[async_trait]
impl Journal for Deadly {
    async fn refuse(&self, call: &Arc<CallRecord>) -> Result<(), StoreError> {
        self.inner.refuse(call).await
    }

    async fn ask(&self, call: &Arc<CallRecord>, question: &Question) -> Result<(), StoreError> {
        self.at("before-ask");
        let asked = self.inner.ask(call, question).await;
        self.at("after-ask");
        asked
    }

    async fn settle(
        &self,
        id: &ApprovalId,
        call: &Arc<CallRecord>,
        settlement: Settlement,
    ) -> Result<Settled, StoreError> {
        self.at("before-settle");
        let settled = self.inner.settle(id, call, settlement).await;
        self.at("after-settle");
        settled
    }

    async fn edit(&self, edit: Edit) -> Result<Settled, StoreError> {
        self.inner.edit(edit).await
    }

    async fn settled(&self, id: &ApprovalId) -> Result<Settled, StoreError> {
        self.inner.settled(id).await
    }

    async fn dispatch(&self, call: &Arc<CallRecord>, allowed: Allowed) -> Result<(), StoreError> {
        self.at("before-dispatch");
        let dispatched = self.inner.dispatch(call, allowed).await;
        self.at("after-dispatch");
        dispatched
    }

    async fn dispatch_again(&self, call: &Arc<CallRecord>, by: DecidedBy) -> Result<(), StoreError> {
        self.inner.dispatch_again(call, by).await
    }

    async fn finish(
        &self,
        call: &Arc<CallRecord>,
        by: DecidedBy,
        done: &Done,
        took: Duration,
    ) -> Result<(), StoreError> {
        self.at("before-finish");
        let finished = self.inner.finish(call, by, done, took).await;
        self.at("after-finish");
        finished
    }

    async fn abandon(
        &self,
        call: &Arc<CallRecord>,
        allowed: Allowed,
        reason: &str,
    ) -> Result<(), StoreError> {
        self.inner.abandon(call, allowed, reason).await
    }

    async fn recover(&self) -> Result<Vec<Recovered>, StoreError> {
        self.inner.recover().await
    }

    async fn keyed(&self, persona: &str, key: &IdempotencyKey) -> Result<Option<KeyedCall>, StoreError> {
        self.inner.keyed(persona, key).await
    }

    async fn forget_keys(&self) -> Result<u64, StoreError> {
        self.inner.forget_keys().await
    }

    async fn close(&self) {
        self.inner.close().await;
    }
}
