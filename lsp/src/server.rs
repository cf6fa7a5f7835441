//! The methods of the protocol. Each only enqueues, before anything is waited for: `transport` begins them in the order of the
//! messages.

use std::sync::OnceLock;

use pipe_ide::NoFacts;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tower_lsp::jsonrpc::{Error, ErrorCode, Result};
use tower_lsp::ls_types::{
    CodeActionKind, CodeActionOptions, CodeActionOrCommand, CodeActionParams, CodeActionProviderCapability,
    CodeActionResponse, CompletionOptions, CompletionParams, CompletionResponse, DidChangeTextDocumentParams,
    DidChangeWatchedFilesParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams,
    DocumentFormattingParams, DocumentRangeFormattingParams, DocumentSymbolParams, DocumentSymbolResponse,
    FoldingRange, FoldingRangeParams, FoldingRangeProviderCapability, GotoDefinitionParams,
    GotoDefinitionResponse, Hover, HoverContents, HoverParams, HoverProviderCapability, InitializeParams,
    InitializeResult, InitializedParams, MarkupContent, MarkupKind, OneOf, Registration, ServerCapabilities,
    ServerInfo, TextDocumentSyncCapability, TextDocumentSyncKind, TextEdit, Uri,
};
use tower_lsp::{Client, LanguageServer};

use crate::ask::View;
use crate::convert;
use crate::documents::Document;
use crate::owner::{Agreement, Ask, Task, Tasks, Unanswered};
use crate::position::Encoding;

/// Gives the text of a file of the standard library: `{ "uri": "pipe-std:/std/prelude.pipe" }` → a text or null.
pub(crate) const STANDARD_LIBRARY: &str = "pipe/standardLibrary";

/// The methods of the protocol.
pub(crate) struct Server {
    client: Client,
    tasks: Tasks,
    version: String,
    able: OnceLock<Able>,
}

/// What the client can do.
#[derive(Clone, Copy, Debug, Default)]
struct Able {
    snippets: bool,
    watching: bool,
}

impl Server {
    pub(crate) fn new(client: Client, tasks: Tasks, version: &str) -> Server {
        Server { client, tasks, version: version.to_owned(), able: OnceLock::new() }
    }

    fn able(&self) -> Able {
        self.able.get().copied().unwrap_or_default()
    }

    fn tell(&self, task: Task) {
        // The owner ends only with the server.
        let _ = self.tasks.send(task);
    }

    /// Asks something about a file; `None` when the file is not known.
    async fn ask<T: Send + 'static>(
        &self,
        uri: Uri,
        question: impl FnOnce(&View<'_>) -> T + Send + 'static,
    ) -> Result<Option<T>> {
        let (sender, answer) = oneshot::channel();
        let question = Asked { question: Some(question), found: None, sender };
        self.tell(Task::Ask { uri, question: Box::new(question) });
        match answer.await {
            Ok(Ok(answer)) => Ok(Some(answer)),
            Ok(Err(Unanswered::Unknown)) => Ok(None),
            Ok(Err(Unanswered::Edited)) => Err(Error::content_modified()),
            // The latter when the owner itself failed with it.
            Ok(Err(Unanswered::Panicked)) | Err(_) => Err(Error {
                code: ErrorCode::InternalError,
                message: "the language server made a mistake; it goes on".into(),
                data: None,
            }),
        }
    }

    /// The method [`STANDARD_LIBRARY`].
    pub(crate) async fn standard_library(&self, params: Value) -> Result<Value> {
        let uri = params.get("uri").and_then(Value::as_str).unwrap_or_default();
        let name =
            uri.strip_prefix(crate::ask::STANDARD_LIBRARY_SCHEME).and_then(|rest| rest.strip_prefix(":/"));
        let name = name.and_then(|name| name.strip_suffix(".pipe"));
        Ok(json!(name.and_then(pipe_analysis::standard_library)))
    }
}

/// A question whose answer is awaited.
struct Asked<Q, T> {
    question: Option<Q>,
    found: Option<T>,
    sender: oneshot::Sender<std::result::Result<T, Unanswered>>,
}

impl<Q: FnOnce(&View<'_>) -> T + Send, T: Send> Ask for Asked<Q, T> {
    fn look(&mut self, view: &View<'_>) {
        self.found = self.question.take().map(|question| question(view));
    }

    fn answer(self: Box<Self>, failed: Option<Unanswered>) {
        let answer = match failed {
            Some(why) => Err(why),
            None => self.found.ok_or(Unanswered::Unknown),
        };
        // Whoever asked may have given up.
        let _ = self.sender.send(answer);
    }
}

impl LanguageServer for Server {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        let capabilities = params.capabilities;
        let general = capabilities.general.unwrap_or_default();
        let encoding = Encoding::choose(general.position_encodings.as_deref());
        let item = capabilities.text_document.and_then(|text| text.completion?.completion_item);
        let watched = capabilities.workspace.and_then(|workspace| workspace.did_change_watched_files);
        let _ = self.able.set(Able {
            snippets: item.and_then(|item| item.snippet_support).unwrap_or(false),
            watching: watched.and_then(|watched| watched.dynamic_registration).unwrap_or(false),
        });
        let options = params.initialization_options.unwrap_or_default();
        let standard_library = options.get("standardLibrary").and_then(Value::as_bool).unwrap_or(false);
        self.tell(Task::Agreed(Agreement { encoding, standard_library }));
        Ok(InitializeResult {
            capabilities: offered(encoding),
            server_info: Some(ServerInfo { name: "pipe".into(), version: Some(self.version.clone()) }),
            offset_encoding: None,
        })
    }

    async fn initialized(&self, _: InitializedParams) {
        if !self.able().watching {
            return;
        }
        let watchers = json!({ "watchers": [{ "globPattern": "**/*.pipe" }, { "globPattern": "**/pipe.toml" }, { "globPattern": "**/pipe.lock" }] });
        let registration = Registration {
            id: "pipe-files".into(),
            method: "workspace/didChangeWatchedFiles".into(),
            register_options: Some(watchers),
        };
        // A client that refuses is asked to look at the disk by every edit.
        let _ = self.client.register_capability(vec![registration]).await;
    }

    async fn shutdown(&self) -> Result<()> {
        Ok(())
    }

    async fn did_open(&self, params: DidOpenTextDocumentParams) {
        let document = params.text_document;
        self.tell(Task::Open(Document { uri: document.uri, version: document.version, text: document.text }));
    }

    async fn did_change(&self, params: DidChangeTextDocumentParams) {
        let document = params.text_document;
        self.tell(Task::Change {
            uri: document.uri,
            version: document.version,
            changes: params.content_changes,
        });
    }

    async fn did_close(&self, params: DidCloseTextDocumentParams) {
        self.tell(Task::Close(params.text_document.uri));
    }

    async fn did_change_watched_files(&self, _: DidChangeWatchedFilesParams) {
        self.tell(Task::Disk);
    }

    async fn hover(&self, params: HoverParams) -> Result<Option<Hover>> {
        let at = params.text_document_position_params;
        let hover = move |view: &View<'_>| {
            let found = pipe_ide::hover(view.snapshot, &NoFacts, view.file, view.offset(at.position))?;
            let contents = MarkupContent { kind: MarkupKind::Markdown, value: found.text };
            Some(Hover { contents: HoverContents::Markup(contents), range: Some(view.range(found.span)) })
        };
        Ok(self.ask(at.text_document.uri, hover).await?.flatten())
    }

    async fn goto_definition(&self, params: GotoDefinitionParams) -> Result<Option<GotoDefinitionResponse>> {
        let at = params.text_document_position_params;
        let definition = move |view: &View<'_>| {
            let place = pipe_ide::definition(view.snapshot, view.file, view.offset(at.position))?;
            view.names.location(view.snapshot, &place).map(GotoDefinitionResponse::Scalar)
        };
        Ok(self.ask(at.text_document.uri, definition).await?.flatten())
    }

    async fn completion(&self, params: CompletionParams) -> Result<Option<CompletionResponse>> {
        let at = params.text_document_position;
        let snippets = self.able().snippets;
        let complete = move |view: &View<'_>| {
            let found = pipe_ide::complete(view.snapshot, view.file, view.offset(at.position));
            let items = found.into_iter().map(|found| convert::completion(view, found, snippets));
            CompletionResponse::Array(items.collect())
        };
        self.ask(at.text_document.uri, complete).await
    }

    async fn document_symbol(&self, params: DocumentSymbolParams) -> Result<Option<DocumentSymbolResponse>> {
        let symbols = |view: &View<'_>| {
            let lines = view.lines();
            let found = pipe_ide::symbols(&view.text).into_iter();
            DocumentSymbolResponse::Nested(found.map(|found| convert::symbol(&lines, found)).collect())
        };
        self.ask(params.text_document.uri, symbols).await
    }

    async fn folding_range(&self, params: FoldingRangeParams) -> Result<Option<Vec<FoldingRange>>> {
        let folds = |view: &View<'_>| {
            let lines = view.lines();
            pipe_ide::folds(&view.text).iter().map(|found| convert::fold(&lines, found)).collect()
        };
        self.ask(params.text_document.uri, folds).await
    }

    async fn formatting(&self, params: DocumentFormattingParams) -> Result<Option<Vec<TextEdit>>> {
        let format = |view: &View<'_>| {
            // What cannot be read is left as it is: its errors are shown already.
            view.edits(pipe_ide::format(&view.text).unwrap_or_default())
        };
        self.ask(params.text_document.uri, format).await
    }

    async fn range_formatting(&self, params: DocumentRangeFormattingParams) -> Result<Option<Vec<TextEdit>>> {
        let format = move |view: &View<'_>| {
            view.edits(pipe_ide::format_range(&view.text, view.span(params.range)).unwrap_or_default())
        };
        self.ask(params.text_document.uri, format).await
    }

    async fn code_action(&self, params: CodeActionParams) -> Result<Option<CodeActionResponse>> {
        let wanted = params.context.only;
        let quick =
            |only: &Vec<CodeActionKind>| only.iter().any(|kind| "quickfix".starts_with(kind.as_str()));
        if wanted.as_ref().is_some_and(|only| !quick(only)) {
            return Ok(None);
        }
        let actions = move |view: &View<'_>| {
            let fixes = pipe_ide::fixes(view.snapshot, view.file, view.span(params.range)).into_iter();
            fixes.filter_map(|fix| convert::action(view, fix)).map(CodeActionOrCommand::CodeAction).collect()
        };
        self.ask(params.text_document.uri, actions).await
    }
}

fn offered(encoding: Encoding) -> ServerCapabilities {
    ServerCapabilities {
        position_encoding: Some(encoding.kind()),
        text_document_sync: Some(TextDocumentSyncCapability::Kind(TextDocumentSyncKind::INCREMENTAL)),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        definition_provider: Some(OneOf::Left(true)),
        completion_provider: Some(CompletionOptions {
            trigger_characters: Some([".", ">", "(", ","].map(str::to_owned).to_vec()),
            ..CompletionOptions::default()
        }),
        document_symbol_provider: Some(OneOf::Left(true)),
        folding_range_provider: Some(FoldingRangeProviderCapability::Simple(true)),
        document_formatting_provider: Some(OneOf::Left(true)),
        document_range_formatting_provider: Some(OneOf::Left(true)),
        code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
            code_action_kinds: Some(vec![CodeActionKind::QUICKFIX]),
            ..CodeActionOptions::default()
        })),
        ..ServerCapabilities::default()
    }
}
