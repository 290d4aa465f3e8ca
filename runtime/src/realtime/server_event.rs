//! What a client is sent: the types of the server events, those of the OpenAI Realtime API and our own. The golden JSON of
//! each is in `golden/`.

macro_rules! kinds {
    ($($name:ident = $wire:literal,)*) => {
        /// The type of a server event.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Kind {
            $(#[doc = $wire] $name,)*
        }

        impl Kind {
            /// All there are.
            #[cfg(test)]
            pub(super) const ALL: &[Self] = &[$(Self::$name),*];

            /// Its name on the wire.
            pub(super) fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $wire,)*
                }
            }
        }
    };
}

kinds! {
    SessionCreated = "session.created",
    SessionUpdated = "session.updated",
    Error = "error",
    SpeechStarted = "input_audio_buffer.speech_started",
    SpeechStopped = "input_audio_buffer.speech_stopped",
    Committed = "input_audio_buffer.committed",
    Cleared = "input_audio_buffer.cleared",
    ItemAdded = "conversation.item.added",
    ItemDone = "conversation.item.done",
    ItemTruncated = "conversation.item.truncated",
    ItemDeleted = "conversation.item.deleted",
    ItemRetrieved = "conversation.item.retrieved",
    TranscriptionDelta = "conversation.item.input_audio_transcription.delta",
    TranscriptionCompleted = "conversation.item.input_audio_transcription.completed",
    TranscriptionFailed = "conversation.item.input_audio_transcription.failed",
    ResponseCreated = "response.created",
    ResponseDone = "response.done",
    OutputItemAdded = "response.output_item.added",
    OutputItemDone = "response.output_item.done",
    ContentPartAdded = "response.content_part.added",
    ContentPartDone = "response.content_part.done",
    AudioDelta = "response.output_audio.delta",
    AudioDone = "response.output_audio.done",
    AudioTranscriptDelta = "response.output_audio_transcript.delta",
    AudioTranscriptDone = "response.output_audio_transcript.done",
    TextDelta = "response.output_text.delta",
    TextDone = "response.output_text.done",
    McpCallCompleted = "response.mcp_call.completed",
    McpCallFailed = "response.mcp_call.failed",
    State = "homepilot.state",
    Step = "homepilot.step",
    Question = "homepilot.question",
    QuestionDue = "homepilot.question_due",
    QuestionClosed = "homepilot.question_closed",
    Outcome = "homepilot.outcome",
    Reminder = "homepilot.reminder",
    Notice = "homepilot.notice",
}
