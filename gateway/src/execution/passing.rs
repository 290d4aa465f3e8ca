//! How a call reaches an agent. A tool is called the same way whatever this says.

/// How the words of a call are passed to an agent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Passing {
    /// What they are to the agent's task.
    pub goes: Goes,
    /// How often the request was passed on from agent to agent already; 0 comes from a person. At [`DEEPEST`] it is not passed
    /// on any further.
    ///
    /// [`DEEPEST`]: crate::a2a::DEEPEST
    pub depth: u64,
}

/// What words are to a task of the agent's that waits for some.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Goes {
    /// Nobody can say: the task that waits in this session, if one does, gets them.
    #[default]
    AsItStands,
    /// A request of its own.
    Anew,
    /// The person's answer to what this very skill asked in this session.
    On,
}
