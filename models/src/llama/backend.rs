//! llama.cpp's process-wide parts: its backend, which can be made once, and its log, which is a C callback.

use std::ffi::{CStr, c_char, c_void};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use llama_cpp_2::llama_backend::LlamaBackend;

/// The backend, made by the first caller and kept for the life of the process.
pub(super) fn backend() -> Result<&'static LlamaBackend, String> {
    static BACKEND: OnceLock<Result<LlamaBackend, String>> = OnceLock::new();
    BACKEND
        .get_or_init(|| {
            route_logs();
            LlamaBackend::init().map_err(|error| error.to_string())
        })
        .as_ref()
        .map_err(Clone::clone)
}

/// Held while a context is made: llama.cpp changes the model in doing so, which is not safe from two threads.
pub(super) fn one_at_a_time() -> MutexGuard<'static, ()> {
    static MAKING: Mutex<()> = Mutex::new(());
    MAKING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Everything llama.cpp and its ggml say goes to tracing at debug: what matters to a person comes back as an error.
fn route_logs() {
    // SAFETY: `log_line` has the signature llama.cpp asks for, keeps nothing, does not unwind over the boundary (tracing
    // does not panic, and a panic in an `extern "C"` function aborts), and needs no user data. `llama_log_set` also sets
    // ggml's callback.
    #[allow(unsafe_code)]
    unsafe {
        llama_cpp_sys_2::llama_log_set(Some(log_line), std::ptr::null_mut());
    }
}

extern "C" fn log_line(level: llama_cpp_sys_2::ggml_log_level, text: *const c_char, _: *mut c_void) {
    if text.is_null() {
        return;
    }
    // SAFETY: llama.cpp passes a NUL-terminated string that lives until this function returns.
    #[allow(unsafe_code)]
    let text = unsafe { CStr::from_ptr(text) }.to_string_lossy();
    let text = text.trim();
    if !text.chars().all(|character| character == '.') {
        tracing::debug!(target: "llama", level, "{text}");
    }
}
