//! The class of the objects: one user's graph each.

use std::cell::RefCell;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::time::Duration;

use kalends::core::notice::Notice;
use kalends::core::ports::Clock as _;
use kalends::ids::GraphId;
use kalends_cloudflare::{GraphObject, ObjectStore, QueuePost, WorkerClock, open_parcel};
use worker::{DurableObject, Env, Request, Response, State, durable_object};

use crate::again::UnderWay;
use crate::answers::Answers;
use crate::api::Inside;
use crate::closed::Closed;
use crate::kinds::{Kinds, for_notices};
use crate::mail::{Mail, What};
use crate::problem::Problem;
use crate::{again, api, mcp, settings, sign_in};

/// When a slice that could not begin is tried again.
const AGAIN: Duration = Duration::from_secs(30);

/// The graph of this program.
pub(crate) type Object = GraphObject<Kinds>;

/// An object. What is bound may be wrong when it is made: it is opened when it is first asked for.
#[durable_object(alarm)]
#[derive(Debug)]
pub struct Graph {
    state: State,
    env: Env,
    /// What a panic leaves in it is good: its state is rows.
    object: AssertUnwindSafe<RefCell<Option<Rc<Object>>>>,
    under_way: AssertUnwindSafe<UnderWay>,
}

impl DurableObject for Graph {
    fn new(state: State, env: Env) -> Self {
        let (object, under_way) = (RefCell::default(), RefCell::default());
        let (object, under_way) = (AssertUnwindSafe(object), AssertUnwindSafe(under_way));
        Self { state, env, object, under_way }
    }

    /// `/v1/…` and `/mcp` come from its user, `/inside/…` from this Worker alone.
    async fn fetch(&self, request: Request) -> worker::Result<Response> {
        match self.route(request).await {
            Ok(response) => Ok(response),
            Err(problem) => problem.answer(),
        }
    }

    /// Works for a while. What goes wrong is tried again by the next alarm: one that nothing set, as
    /// what is bound is wrong, or the store fails, is set here.
    async fn alarm(&self) -> worker::Result<Response> {
        if let Err(problem) = self.work().await {
            worker::console_error!("a slice of work failed: {problem:?}");
            let storage = self.state.storage();
            if storage.get_alarm().await?.is_none() {
                storage.set_alarm(AGAIN).await?;
            }
        }
        Response::ok("")
    }
}

impl Graph {
    async fn route(&self, mut request: Request) -> Result<Response, Problem> {
        let path = request.path();
        if let Some(graph) = path.strip_prefix("/inside/create/") {
            let graph: GraphId = graph.parse().map_err(|_| Problem::usage("no id"))?;
            Object::create(&self.state.storage(), settings::vault(&self.env)?, graph)?;
            return Ok(Response::empty()?.with_status(201));
        }
        let object = self.object()?;
        if path == "/inside/letter" {
            self.letter(&object, &request.text().await?).await?;
            return Ok(Response::empty()?.with_status(204));
        }
        if path == "/inside/sign-in" {
            sign_in::finish(&object, request.json().await?, &self.env).await?;
            return Ok(Response::empty()?.with_status(204));
        }
        if path == "/mcp" {
            return mcp::answer(&object, &self.closed()?, request).await;
        }
        let (answers, closed) = (self.answers()?, self.closed()?);
        let post = self.post()?;
        let once = (object.keys().graph, &answers, &*self.under_way);
        let answer = again::once(once, request, async |request, birth| {
            let inside = Inside { post: &post, birth: &birth, answers: &answers, closed: &closed };
            api::answer(&object, request, &self.env, inside).await
        });
        let answer = answer.await;
        // What a request put into the outbox does not wait for the alarm, which sends it else.
        if let Err(error) = object.hand_on(&post).await {
            worker::console_warn!("what is said to others waits: {error}");
        }
        answer
    }

    fn object(&self) -> Result<Rc<Object>, Problem> {
        if let Some(object) = self.object.borrow().as_ref() {
            return Ok(Rc::clone(object));
        }
        let (storage, vault) = (self.state.storage(), settings::vault(&self.env)?);
        let no_graph = || Problem::new(503, "graph.none", "there is no graph here yet");
        let graph = ObjectStore::open(&storage, vault.clone())?.keys()?.ok_or_else(no_graph)?.graph;
        let options = settings::options(&self.env, graph);
        let object = Object::open(&storage, vault, Kinds, options)?.ok_or_else(no_graph)?;
        let object = Rc::new(object);
        self.object.replace(Some(Rc::clone(&object)));
        Ok(object)
    }

    fn post(&self) -> worker::Result<QueuePost> {
        self.env.queue("POST").map(QueuePost::new)
    }

    fn answers(&self) -> Result<Answers, Problem> {
        Answers::new(self.state.storage().sql(), settings::vault(&self.env)?)
    }

    fn closed(&self) -> Result<Closed, Problem> {
        Closed::new(self.state.storage().sql())
    }

    /// What is old is forgotten first: it lies here in no case longer than until the next alarm.
    async fn work(&self) -> Result<(), Problem> {
        self.answers()?.forget_old(WorkerClock.now())?;
        self.object()?.work(&self.post()?).await?;
        Ok(())
    }

    /// Takes a letter in. A notice that is refused was never for us, and comes no more.
    async fn letter(&self, object: &Object, text: &str) -> Result<(), Problem> {
        match Mail::read(text) {
            Some((_, What::Wake)) => object.wake()?,
            Some((_, What::Notice(post))) => {
                let kind = post.kind.clone();
                let Some(provider) = for_notices(&kind) else { return Ok(()) };
                let noticed = object.notice((&kind, &*provider), &post.request()).await?;
                if let Notice::Refuse(refusal) = noticed {
                    worker::console_warn!("a notice was refused: {refusal}");
                }
            }
            None => {
                let (_, messages) = open_parcel(text)?;
                object.take_in(&messages).await?;
            }
        }
        Ok(())
    }
}
