//! Whisper's abort callback, armed for exactly one call.
//!
//! whisper-rs has a safe wrapper for it, but that reads its closure through the wrong type and never frees it.
//! whisper.cpp asks after the encoder and after every decoded token: a cancelled utterance ends within one encoder
//! pass, 0.3 s for a short command on one core.

use std::ffi::c_void;

use homepilot_models::cancel::Cancel;
use whisper_rs::{FullParams, WhisperError, WhisperState};

/// Runs whisper over `pcm`; once `cancel` is raised it returns an error soon.
#[allow(unsafe_code)]
pub(super) fn full(
    state: &mut WhisperState,
    mut params: FullParams<'_, '_>,
    pcm: &[f32],
    cancel: &Cancel,
) -> Result<(), WhisperError> {
    let user_data = std::ptr::from_ref(cancel).cast_mut().cast::<c_void>();
    // SAFETY: `raised` reads `user_data` as the `&Cancel` it comes from. `params`, the only holder of the pointer, is
    // consumed by the call below, which does not keep it; `cancel` is borrowed for longer. `Cancel` is `Sync`, so the
    // thread that whisper calls from does not matter.
    unsafe {
        params.set_abort_callback_user_data(user_data);
        params.set_abort_callback(Some(raised));
    }
    state.full(params, pcm)
}

#[allow(unsafe_code)]
unsafe extern "C" fn raised(user_data: *mut c_void) -> bool {
    // SAFETY: only ever called with the pointer that `full` set, while `full` borrows what it points to. Neither
    // loading an atomic nor counting the look can unwind into C.
    unsafe { &*user_data.cast::<Cancel>() }.is_cancelled()
}
