//! Which engine was started anew, for whoever is told.

use tokio::sync::watch;

use super::Part;

/// Sees each restart once, from when it was made.
#[derive(Debug)]
pub struct Breaks {
    pub(super) ears: watch::Receiver<u32>,
    pub(super) planner: watch::Receiver<u32>,
    pub(super) voice: watch::Receiver<u32>,
}

impl Breaks {
    /// The next part that breaks off; waits for ever once the engines are gone. Nothing is lost when this is dropped while
    /// it waits.
    pub async fn next(&mut self) -> Part {
        tokio::select! {
            Ok(()) = self.ears.changed() => Part::Ears,
            Ok(()) = self.planner.changed() => Part::Planner,
            Ok(()) = self.voice.changed() => Part::Voice,
            else => std::future::pending().await,
        }
    }

    /// Whether a restart of this part had not been seen; it has been from now on.
    pub fn see(&mut self, part: Part) -> bool {
        let restarts = match part {
            Part::Ears => &mut self.ears,
            Part::Planner => &mut self.planner,
            Part::Voice => &mut self.voice,
            // Sessions run it themselves.
            Part::Detection => return false,
        };
        let unseen = restarts.has_changed().unwrap_or(false);
        restarts.mark_unchanged();
        unseen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_restart_is_seen_once_either_way() {
        let [ears, planner, voice] = [(); 3].map(|()| watch::Sender::new(0_u32));
        let mut breaks =
            Breaks { ears: ears.subscribe(), planner: planner.subscribe(), voice: voice.subscribe() };
        assert!(!breaks.see(Part::Ears));
        planner.send_modify(|restarts| *restarts += 1);
        assert_eq!(breaks.next().await, Part::Planner);
        assert!(!breaks.see(Part::Planner));
        ears.send_modify(|restarts| *restarts += 1);
        assert!(breaks.see(Part::Ears) && !breaks.see(Part::Ears));
        drop((ears, planner));
        voice.send_modify(|restarts| *restarts += 1);
        assert_eq!(breaks.next().await, Part::Voice);
        drop(voice);
        assert!(futures::poll!(std::pin::pin!(breaks.next())).is_pending());
    }
}
