//! Signing in: through a browser, by client credentials, and what happens when it ends or goes wrong.

use serde_json::json;

use super::provider::Provider;
use super::*;

/// A gateway whose pages a browser can reach.
struct Desk {
    rig: Rig,
    pages: String,
    browser: reqwest::Client,
    serving: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Desk {
    async fn open() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let pages = format!("http://{}", listener.local_addr().unwrap());
        let folder = tempfile::tempdir().unwrap();
        let mut config = config(folder.path());
        config.public_url = Some(pages.clone());
        let rig = Rig { gateway: Gateway::open(config).await.unwrap(), folder };
        let router = crate::http::router(rig.gateway.clone());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await });
        let browser = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self { rig, pages, browser, serving }
    }

    /// Registers the provider's server, which then waits for somebody to sign in.
    async fn with(provider: &Provider) -> Self {
        let desk = Self::open().await;
        let view = desk.rig.register("desk", provider.url()).await;
        assert_eq!(
            (view.status, view.reason.as_deref()),
            (Status::Unreachable, Some("it wants you to sign in"))
        );
        assert_eq!(view.sign_in, Some(format!("{}/oauth/start/desk", desk.pages)));
        desk
    }

    fn view(&self) -> ServerView {
        self.rig.gateway.server("desk").unwrap()
    }

    /// Goes where the gateway says, as far as the page that ends it; tells the address that the provider sent back to.
    async fn sign_in(&self) -> (u16, String, url::Url) {
        self.follow(&self.view().sign_in.expect("nobody wants a sign-in")).await
    }

    async fn follow(&self, page: &str) -> (u16, String, url::Url) {
        let mut page = url::Url::parse(page).unwrap();
        let mut back = page.clone();
        loop {
            let response = self.browser.get(page.clone()).send().await.unwrap();
            let status = response.status().as_u16();
            if page.path() == "/oauth/callback" {
                back = page.clone();
            }
            match response.headers().get("location") {
                Some(next) => page = page.join(next.to_str().unwrap()).unwrap(),
                None => {
                    assert_eq!(page.query(), None, "what the provider sent stays in the browser's bar");
                    return (status, response.text().await.unwrap(), back);
                }
            }
        }
    }

    async fn look(&self) -> Done {
        let authorized = self.rig.granted("desk__look", json!({})).await;
        self.rig.run(authorized).await
    }

    async fn rows(&self) -> i64 {
        let rows = sqlx::query_scalar("SELECT count(*) FROM gateway_oauth");
        rows.fetch_one(self.rig.gateway.shared().store.reader()).await.unwrap()
    }
}

fn looked() -> Done {
    Done::Succeeded { text: "nothing due".into(), structured: None }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_in_and_it_lasts() {
    let provider = Provider::start().await;
    let desk = Desk::with(&provider).await;
    let (status, page, back) = desk.sign_in().await;
    assert!(status == 200 && page.contains("desk is connected, you can close this page."), "{status} {page}");
    let view = desk.view();
    assert_eq!((view.status, view.sign_in.as_ref(), view.tools.len()), (Status::Healthy, None, 5));
    assert_eq!(desk.look().await, looked());
    assert_eq!(provider.books().asked, ["basic"]);
    let shown = format!("{view:?} {:?} {page} {}", desk.rig.gateway, serde_json::to_string(&view).unwrap());
    for secret in provider.books().secrets() {
        assert!(!shown.contains(&secret), "{secret} in {shown}");
    }
    // The same answer again is nobody's.
    assert_eq!(desk.follow(back.as_str()).await.0, 400);
    assert_eq!(desk.look().await, looked());
    desk.rig.gateway.shutdown().await;
    let gateway = super::open(desk.rig.folder.path()).await;
    let mut changes = gateway.changes();
    while gateway.capabilities().is_empty() {
        changes.changed().await.unwrap();
    }
    assert_eq!(provider.books().asked.len(), 1);
    gateway.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_token_is_renewed_once_for_everybody() {
    let provider = Provider::start().await;
    let desk = Desk::with(&provider).await;
    desk.sign_in().await;
    let mut calls = Vec::new();
    for _ in 0..8 {
        calls.push(desk.rig.granted("desk__look", json!({})).await);
    }
    provider.books().expire_access();
    let done = futures::future::join_all(calls.into_iter().map(|call| desk.rig.run(call))).await;
    assert!(done.iter().all(|done| *done == looked()), "{done:?}");
    assert_eq!(provider.books().refreshed, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_was_taken_back_is_asked_for_again() {
    let provider = Provider::start().await;
    let desk = Desk::with(&provider).await;
    desk.sign_in().await;
    let call = desk.rig.granted("desk__look", json!({})).await;
    provider.books().revoke();
    assert_eq!(
        desk.rig.run(call).await,
        Done::NotSent { reason: "the server wants authorisation and turned the call away".into() }
    );
    desk.rig.until(|gateway| gateway.capabilities().is_empty()).await;
    assert_eq!(desk.view().reason.as_deref(), Some("it wants you to sign in"));
    assert_eq!(desk.sign_in().await.0, 200);
    assert_eq!(desk.look().await, looked());
    // The client that the provider made is the same.
    let books = provider.books();
    assert_eq!((books.registered, books.asked.len()), (1, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn more_rights_are_asked_for_when_a_call_needs_them() {
    let provider = Provider::start().await;
    let desk = Desk::with(&provider).await;
    desk.sign_in().await;
    provider.books().call_scope = Some("write");
    assert!(matches!(desk.look().await, Done::NotSent { .. }));
    assert_eq!(desk.view().status, Status::Healthy);
    assert_eq!(desk.sign_in().await.0, 200);
    assert_eq!(desk.look().await, looked());
    assert_eq!(
        (desk.view().sign_in, provider.books().asked.clone()),
        (None, vec!["basic".into(), "basic write".into()])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rights_that_never_suffice_are_not_asked_for_for_ever() {
    let provider = Provider::start().await;
    let desk = Desk::with(&provider).await;
    desk.sign_in().await;
    for scope in ["a", "b"] {
        provider.books().call_scope = Some(scope);
        assert!(matches!(desk.look().await, Done::NotSent { .. }));
        assert_eq!(desk.sign_in().await.0, 200);
    }
    provider.books().call_scope = Some("c");
    assert!(matches!(desk.look().await, Done::NotSent { .. }));
    assert_eq!(desk.view().sign_in, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_from_somebody_else_brings_nothing() {
    let provider = Provider::start().await;
    let desk = Desk::with(&provider).await;
    provider.books().wrong_issuer = true;
    let (status, page, _) = desk.sign_in().await;
    assert!(status == 502 && page.contains("did not come from the provider"), "{status} {page}");
    let forged = format!("{}/oauth/callback?code=x&state=guessed", desk.pages);
    assert_eq!(desk.follow(&forged).await.0, 400);
    assert!(provider.books().secrets().is_empty());
    provider.books().wrong_issuer = false;
    assert_eq!(desk.sign_in().await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_is_good_for_ten_minutes() {
    let provider = Provider::start().await;
    let desk = Desk::with(&provider).await;
    let accounts = &desk.rig.gateway.shared().accounts;
    let later = |seconds| std::time::Instant::now() + Duration::from_secs(seconds);
    for (seconds, good) in [(590, true), (610, false)] {
        let page = desk.rig.gateway.begin_sign_in("desk").await.unwrap();
        let state = page.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
        let taken = accounts.take_under_way(&state, later(seconds)).unwrap();
        assert_eq!(taken.is_ok(), good, "{seconds}");
        assert!(accounts.take_under_way(&state, later(0)).is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_may_say_no() {
    let provider = Provider::start().await;
    let desk = Desk::with(&provider).await;
    provider.books().deny = true;
    let (status, page, _) = desk.sign_in().await;
    assert!(status == 400 && page.contains("access_denied") && !page.contains("<b>"), "{status} {page}");
    let view = desk.view();
    assert!(view.sign_in.is_some() && view.sign_in_problem.unwrap().contains("start again"));
    provider.books().deny = false;
    assert_eq!(desk.sign_in().await.0, 200);
    assert_eq!(desk.view().sign_in_problem, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_signing_in_brought_goes_with_the_server() {
    let provider = Provider::start().await;
    let desk = Desk::with(&provider).await;
    let page = desk.view().sign_in.unwrap();
    desk.sign_in().await;
    assert_eq!(desk.rows().await, 1);
    assert!(matches!(desk.rig.gateway.begin_sign_in("desk").await, Err(SignInError::NotWanted(_))));
    desk.rig.gateway.deregister("desk").await.unwrap();
    assert_eq!(desk.rows().await, 0);
    assert_eq!(desk.browser.get(page).send().await.unwrap().status(), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn client_credentials_need_nobody() {
    let provider = Provider::start().await;
    provider.books().know("robot", "robot-SECRET");
    let desk = Desk::open().await;
    let register = async |name: &str, secret: &str| {
        let auth = json!({"type": "oauth", "grant": "client_credentials", "client_id": "robot", "client_secret": secret});
        let registration = json!({"name": name, "url": provider.url(), "auth": auth});
        let registration = serde_json::from_value(registration).unwrap();
        desk.rig.gateway.register(registration).await.unwrap().view
    };
    let view = register("robot", "robot-SECRET").await;
    assert_eq!((view.status, view.sign_in), (Status::Healthy, None), "{:?}", view.reason);
    provider.books().expire_access();
    let look = desk.rig.granted("robot__look", json!({})).await;
    assert_eq!(desk.rig.run(look).await, looked());
    let view = register("wrong", "other-SECRET").await;
    let reason = view.reason.unwrap();
    assert!(reason.contains("check client_id and client_secret"), "{reason}");
    assert_eq!(view.sign_in, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_at_an_inner_address_is_not_visited() {
    let provider = Provider::start().await;
    provider.books().elsewhere = Some("http://10.255.255.1/");
    let desk = Desk::open().await;
    let view = desk.rig.register("desk", provider.url()).await;
    assert_eq!(view.sign_in, None);
    let reason = view.reason.unwrap();
    assert!(
        reason.ends_with("the provider's address could not be found out or may not be used from here"),
        "{reason}"
    );
}
