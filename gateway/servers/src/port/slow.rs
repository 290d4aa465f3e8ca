//! A request's body that is waited for so long and no longer.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
};

use axum::BoxError;
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

use super::Limits;

/// The body, with its time limits. Past one of them it ends with an error, and says so in `late`.
pub(super) struct Patient {
    body: Incoming,
    limits: Limits,
    /// When it must be whole.
    until: Instant,
    /// Since the last piece, if the next one is not there yet.
    waiting: Option<Pin<Box<Sleep>>>,
    late: Arc<AtomicBool>,
}

impl Patient {
    pub(super) fn new(body: Incoming, limits: Limits, late: Arc<AtomicBool>) -> Self {
        Self { body, limits, until: Instant::now() + limits.body, waiting: None, late }
    }
}

impl Body for Patient {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(context) {
            this.waiting = None;
            return Poll::Ready(frame.map(|frame| frame.map_err(BoxError::from)));
        }
        let end = this.until.min(Instant::now() + this.limits.pause);
        let waiting = this.waiting.get_or_insert_with(|| Box::pin(sleep_until(end)));
        ready!(waiting.as_mut().poll(context));
        this.late.store(true, Ordering::Release);
        Poll::Ready(Some(Err(BoxError::from("the request's body came too slowly"))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
