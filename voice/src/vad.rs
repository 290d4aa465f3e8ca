//! How likely it is that someone is speaking, 32 ms at a time.
//!
//! A [`Vad`] gives a probability; the decision is [`crate::endpoint`]'s. Silero's recurrent model looks at 64 samples
//! of the past with every 512 new ones and carries its state from frame to frame, so one stream needs one session.
//! About 0.2 ms of one core for a frame: cheap enough to run where the session's audio is handled.

use homepilot_models::store::VerifiedModel;
use rten::{Model, ModelOptions, NodeId, RunOptions, ThreadPool};
use rten_tensor::NdTensor;
use rten_tensor::prelude::AsView;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Samples a frame: 32 ms at 16 kHz.
pub const FRAME: usize = 512;
/// Samples of the frame before that the model sees again.
const CONTEXT: usize = 64;
/// Numbers in each half of the model's state.
const STATE: usize = 128;

/// Probability of speech, frame by frame, of one stream at 16 kHz.
pub trait Vad: Send {
    /// The probability, 0 to 1, that there is speech in the frame that follows the last one.
    fn speech(&mut self, frame: &[f32; FRAME]) -> f32;
    /// Forgets the stream.
    fn reset(&mut self);
}

/// Why the voice activity model could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum VadError {
    /// Not readable as a model.
    #[error("{} is not a usable voice activity model ({cause}): run `homepilot models verify`", path.display())]
    Load {
        /// The weights' file.
        path: PathBuf,
        /// What the engine says.
        cause: String,
    },
    /// A model with other inputs or outputs.
    #[error("{} is not Silero's 16 kHz sequence model ({cause}): use the one in the catalogue", path.display())]
    WrongModel {
        /// The weights' file.
        path: PathBuf,
        /// What is different.
        cause: String,
    },
}

/// Silero's weights, shared by all sessions. Cheap to clone.
#[derive(Clone)]
pub struct Silero {
    shared: Arc<Shared>,
}

struct Shared {
    model: Model,
    threads: Arc<ThreadPool>,
    inputs: [NodeId; 3],
    outputs: [NodeId; 3],
}

/// One stream's place in Silero.
pub struct SileroSession {
    shared: Arc<Shared>,
    state: State,
}

#[derive(Clone)]
struct State {
    context: [f32; CONTEXT],
    hidden: Vec<f32>,
    cell: Vec<f32>,
}

impl Silero {
    /// Loads the weights and runs them once, so that a wrong model fails here and not in a conversation.
    pub fn load(model: &VerifiedModel) -> Result<Silero, VadError> {
        Silero::from_file(model.path())
    }

    fn from_file(path: &Path) -> Result<Silero, VadError> {
        let model = ModelOptions::with_all_ops()
            .load_file(path)
            .map_err(|cause| VadError::Load { path: path.to_owned(), cause: cause.to_string() })?;
        let wrong = |cause: String| VadError::WrongModel { path: path.to_owned(), cause };
        let node = |name: &str| model.node_id(name).map_err(|_| wrong(format!("it has no {name:?}")));
        let inputs = [node("input")?, node("h")?, node("c")?];
        let outputs = [node("speech_probs")?, node("hn")?, node("cn")?];
        // More threads make so small a model slower.
        let threads = Arc::new(ThreadPool::with_num_threads(1));
        let shared = Shared { model, threads, inputs, outputs };
        shared.run(&mut State::default(), &[0.0; FRAME]).map_err(wrong)?;
        Ok(Silero { shared: Arc::new(shared) })
    }

    /// A stream from its beginning.
    pub fn session(&self) -> SileroSession {
        SileroSession { shared: self.shared.clone(), state: State::default() }
    }
}

impl Default for State {
    fn default() -> State {
        State { context: [0.0; CONTEXT], hidden: vec![0.0; STATE], cell: vec![0.0; STATE] }
    }
}

impl Shared {
    fn run(&self, state: &mut State, frame: &[f32; FRAME]) -> Result<f32, String> {
        let input: Vec<f32> = state.context.iter().chain(frame).copied().collect();
        let [samples, h, c] = self.inputs;
        let values = vec![
            (samples, NdTensor::from_data([1, CONTEXT + FRAME], input).into()),
            (h, NdTensor::from_data([1, 1, STATE], state.hidden.clone()).into()),
            (c, NdTensor::from_data([1, 1, STATE], state.cell.clone()).into()),
        ];
        let mut options = RunOptions::default();
        options.thread_pool = Some(self.threads.clone());
        let [probability, hidden, cell] =
            self.model.run_n(values, self.outputs, Some(options)).map_err(|error| error.to_string())?;
        let probability: NdTensor<f32, 1> =
            probability.try_into().map_err(|_| "its result has another shape")?;
        let hidden: NdTensor<f32, 3> = hidden.try_into().map_err(|_| "its state has another shape")?;
        let cell: NdTensor<f32, 3> = cell.try_into().map_err(|_| "its state has another shape")?;
        let (hidden, cell) = (hidden.to_vec(), cell.to_vec());
        let probability = probability.to_vec().first().copied().ok_or("its result is empty")?;
        let finite = |values: &[f32]| values.len() == STATE && values.iter().all(|value| value.is_finite());
        if !probability.is_finite() || !finite(&hidden) || !finite(&cell) {
            return Err("its state is unusable".to_owned());
        }
        state.context.copy_from_slice(&frame[FRAME - CONTEXT..]);
        (state.hidden, state.cell) = (hidden, cell);
        Ok(probability.clamp(0.0, 1.0))
    }
}

impl Vad for SileroSession {
    /// A frame the model can't work on counts as silence, and the stream begins anew with the next.
    fn speech(&mut self, frame: &[f32; FRAME]) -> f32 {
        let clean = frame.map(|sample| if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 });
        self.shared.run(&mut self.state, &clean).unwrap_or_else(|cause| {
            tracing::error!(cause, "voice activity model failed on a frame");
            self.reset();
            0.0
        })
    }

    fn reset(&mut self) {
        self.state = State::default();
    }
}

/// Cuts a stream of any pieces into frames.
#[derive(Debug, Default, Clone)]
pub struct Frames {
    pending: Vec<f32>,
}

impl Frames {
    /// Takes any number of samples and hands every full frame to `each`, in order.
    pub fn push(&mut self, mut samples: &[f32], mut each: impl FnMut(&[f32; FRAME])) {
        loop {
            let (now, later) = samples.split_at((FRAME - self.pending.len()).min(samples.len()));
            self.pending.extend_from_slice(now);
            samples = later;
            let Some(frame) = self.pending.first_chunk::<FRAME>() else { return };
            each(frame);
            self.pending.clear();
        }
    }

    /// The samples that did not fill a frame, filled up with silence; `None` if there are none.
    pub fn finish(&mut self) -> Option<[f32; FRAME]> {
        let mut frame = [0.0; FRAME];
        let last = std::mem::take(&mut self.pending);
        frame.iter_mut().zip(&last).for_each(|(to, from)| *to = *from);
        (!last.is_empty()).then_some(frame)
    }
}

#[cfg(test)]
mod tests;
