;;; wic-server.el --- The server's process, one for each project  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The wic-lsp authors
;; SPDX-License-Identifier: Apache-2.0

;;; Commentary:

;; Finds the server, starts it, speaks JSON-RPC with it and ends it.  One
;; server serves all buffers of one project, beside whatever Eglot runs.  What
;; a message means for a buffer is for others: they put their functions into
;; `wic--notification-handlers'.  Starting never blocks: a buffer is opened at
;; the server when it has answered.

;;; Code:

(require 'cl-lib)
(require 'eieio)
(require 'jsonrpc)
(require 'project)
(require 'subr-x)
(require 'url-util)
(require 'wic-settings)

(defclass wic--connection (jsonrpc-process-connection)
  ((root :initarg :root :reader wic--server-root
         :documentation "The project's folder; nil for files in none.")
   (state :initform 'starting :accessor wic--server-state
          :documentation "One of `starting', `running', `leaving', `ended'.")
   (buffers :initform nil :accessor wic--server-buffers
            :documentation "The buffers that it serves.")
   (chosen :initform nil :initarg :chosen :accessor wic--server-chosen
           :documentation "Settings that were chosen since the start.")
   (progress :initform nil :accessor wic--server-progress
             :documentation "An alist of tokens and what they tell.")
   (encoding :initform nil :accessor wic--server-encoding
             :documentation "The unit of columns that was agreed.")
   (born :initform (float-time) :reader wic--server-born
         :documentation "When it was started, in seconds."))
  :documentation "A running server.")

(defvar wic--servers (make-hash-table :test #'equal)
  "The servers that run, by their project's folder.")

(defvar wic--notification-handlers nil
  "An alist of notifications' names and functions of a server and parameters.")

(defvar wic-server-started-functions nil
  "Functions that are called with a server that has answered `initialize'.")

(defvar wic-server-ended-functions nil
  "Functions that are called with a server that has ended, and why.
They are not called for one that was told to end.")

(defconst wic--remedy
  "Install it with `pipx install wic-lsp' or `pip install wic-lsp', \
or set `wic-command' to where it is"
  "What to do where there is no server.")

;;; Finding it

(defun wic--find-program (name)
  "Return the path of the program NAME, or nil.
It is looked for in variable `exec-path' and in ~/.local/bin, and nowhere
near the files that are edited."
  (let ((exec-path (append exec-path (list (expand-file-name "~/.local/bin")))))
    (executable-find name)))

(defun wic--find-wic ()
  "Return the path of our command-line program; signal an error without one.
It is looked for beside the server first.  Yocto has a program of that
name too, so what its version says counts."
  (let* ((server (wic--find-program (or (car wic-command) "wic-lsp")))
         (beside (and server (expand-file-name "wic" (file-name-directory server))))
         (found (cl-remove-if-not
                 (lambda (one) (and one (file-executable-p one)))
                 (list beside (wic--find-program "wic")))))
    (or (cl-find-if #'wic--ours-p found)
        (if found
            (user-error "The program %s is another wic than ours.  %s"
                        (car found) wic--remedy)
          (user-error "There is no program `wic'.  %s" wic--remedy)))))

(defun wic--ours-p (program)
  "Return non-nil if PROGRAM is our `wic', by its own words."
  (with-temp-buffer
    (and (eql 0 (let ((default-directory temporary-file-directory))
                  (call-process program nil '(t nil) nil "--version")))
         (goto-char (point-min))
         (looking-at-p "wic [0-9]+\\.[0-9]+\\.[0-9]"))))

(defun wic--find-command ()
  "Return a server's command, as a list of strings; else signal an error."
  (if wic-server-url
      `(,(wic--find-wic) "connect" ,wic-server-url ,@wic-connect-arguments)
    (let ((program (and wic-command (wic--find-program (car wic-command)))))
      (unless program
        (user-error "There is no program `%s'.  %s"
                    (or (car wic-command) "wic-lsp") wic--remedy))
      (cons program (cdr wic-command)))))

(defun wic--root ()
  "Return the folder of the current buffer's project; nil where it is in none."
  (when-let ((project (project-current nil)))
    (expand-file-name
     (file-name-as-directory (project-root project)))))

;;; Starting it

(defun wic--server-for (root)
  "Return the server for the project in ROOT; start it where there is none."
  (let ((server (gethash root wic--servers)))
    (if (and server (jsonrpc-running-p server)) server (wic--start root))))

(defun wic--start (root &optional chosen)
  "Start a server for the project in ROOT, with the settings in CHOSEN.
Signal an error where there is none to start."
  (let* ((command (wic--find-command))
         (name (wic--name root))
         (default-directory (or root (expand-file-name "~/")))
         (server
          (apply
           #'make-instance 'wic--connection
           :name name :root root :chosen chosen
           :process (lambda () (wic--start-process name command))
           :notification-dispatcher #'wic--take-notification
           :request-dispatcher #'wic--take-request
           :on-shutdown #'wic--ended
           (if (slot-exists-p (find-class 'jsonrpc-connection)
                              '-events-buffer-config)
               `(:events-buffer-config (:size ,wic-log-size :format full))
             `(:events-buffer-scrollback-size ,wic-log-size)))))
    (puthash root server wic--servers)
    (jsonrpc-async-request
     server :initialize (wic--initialize-params root)
     :timeout 60
     :success-fn (lambda (result) (wic--begin server result))
     :error-fn (lambda (failure)
                 ;; One that has ended says why by itself: see `wic--ended'.
                 (when (jsonrpc-running-p server)
                   (wic--refuse server (plist-get failure :message))))
     :timeout-fn (lambda () (wic--refuse server "it did not answer for a minute")))
    server))

(defun wic--start-process (name command)
  "Start COMMAND as the process NAME, which jsonrpc wants for the buffers too."
  (let* ((errors (get-buffer-create (format "*%s stderr*" name)))
         (process (make-process
                   :name name :command command :noquery t
                   :connection-type 'pipe :coding 'utf-8-emacs-unix
                   :stderr errors)))
    ;; Else Emacs's own words on the pipe's end would be the last in there.
    (set-process-sentinel (get-buffer-process errors) #'ignore)
    process))

(defun wic--name (root)
  "Return a name for the server of ROOT that no other buffers have."
  (generate-new-buffer-name
   (format "wic %s" (if root (file-name-nondirectory (directory-file-name root))
                      "without a project"))))

(defun wic--to-uri (file)
  "Return the URI of FILE."
  (concat "file://"
          (url-hexify-string (encode-coding-string (expand-file-name file) 'utf-8)
                             url-path-allowed-chars)))

(defun wic--initialize-params (root)
  "Return the parameters of `initialize' for the project in ROOT.
Emacs counts in code points, which LSP calls utf-32."
  (let ((uri (and root (directory-file-name root))))
    `(:processId ,(emacs-pid)
      :clientInfo (:name "Emacs" :version ,emacs-version)
      :rootUri ,(and uri (wic--to-uri uri))
      :workspaceFolders
      ,(and uri (vector `(:uri ,(wic--to-uri uri)
                          :name ,(file-name-nondirectory uri))))
      :initializationOptions ,(wic--user-layer)
      :capabilities
      (:general (:positionEncodings ["utf-32"])
       :workspace (:workspaceEdit (:documentChanges t)
                   :workspaceFolders t)
       :textDocument
       (:synchronization (:didSave t)
        :publishDiagnostics (:versionSupport t :tagSupport (:valueSet [1 2]))
        :codeAction (:codeActionLiteralSupport
                     (:codeActionKind (:valueSet ["quickfix" "source.fixAll"]))
                     :isPreferredSupport t)
        :hover (:contentFormat ,(if (locate-library "markdown-mode")
                                    ["markdown" "plaintext"]
                                  ["plaintext"])))
       :window (:workDoneProgress t)
       :experimental (:wicStatus t)))))

(defun wic--begin (server result)
  "Let SERVER serve, on the terms of its RESULT of `initialize'."
  (let ((encoding (plist-get (plist-get result :capabilities) :positionEncoding)))
    (if (not (equal encoding "utf-32"))
        (wic--refuse server "it does not count columns in code points (utf-32)")
      (setf (wic--server-encoding server) encoding
            (wic--server-state server) 'running)
      (jsonrpc-notify server :initialized (make-hash-table))
      (wic--send-settings server)
      (run-hook-with-args 'wic-server-started-functions server))))

(defun wic--refuse (server reason)
  "Do without SERVER, for REASON."
  (wic--leave server)
  (run-hook-with-args 'wic-server-ended-functions server
                      (format "the server cannot be used: %s" reason)))

(defun wic--send-settings (server)
  "Tell SERVER its project's settings."
  (jsonrpc-notify
   server :workspace/didChangeConfiguration
   `(:settings (:wic ,(wic--project-layer (wic--server-root server)
                                          (wic--server-chosen server))))))

;;; What it says

(defun wic--take-notification (server method params)
  "Deal with the notification METHOD of SERVER, with PARAMS."
  (when-let ((handler (alist-get method wic--notification-handlers)))
    (funcall handler server params)))

(defun wic--take-request (_server method params)
  "Answer the request METHOD with PARAMS; signal an error for one not offered."
  (pcase method
    ('workspace/configuration
     (make-vector (length (plist-get params :items)) nil))
    ((or 'window/workDoneProgress/create 'client/registerCapability
         'client/unregisterCapability 'window/showMessageRequest)
     nil)
    (_ (signal 'jsonrpc-error
               `((jsonrpc-error-code . -32601)
                 (jsonrpc-error-message . "Emacs was not asked for that"))))))

(defun wic--show-message (_server params)
  "Show the message in PARAMS, a problem for longer than the echo area does."
  (let ((text (plist-get params :message)))
    (if (<= (or (plist-get params :type) 3) 2)
        (display-warning 'wic text :warning)
      (message "wic: %s" text))))

(defun wic--note-message (server params)
  "Keep the message in PARAMS in the log of SERVER."
  (when (> wic-log-size 0)
    (with-current-buffer (jsonrpc-events-buffer server)
      (let ((inhibit-read-only t))
        (save-excursion
          (goto-char (point-max))
          (insert "[log] " (plist-get params :message) "\n"))))))

(defun wic--take-progress (server params)
  "Keep the words of the progress in PARAMS of SERVER, until its end."
  (let* ((token (plist-get params :token))
         (value (plist-get params :value))
         (old (cdr (assoc token (wic--server-progress server))))
         (title (or (plist-get value :title) (plist-get old :title)))
         (rest (assoc-delete-all token (wic--server-progress server))))
    (setf (wic--server-progress server)
          (if (equal (plist-get value :kind) "end") rest
            (cons (list token :title title
                        :message (plist-get value :message)
                        :percentage (plist-get value :percentage))
                  rest)))
    (force-mode-line-update t)))

(setf (alist-get 'window/showMessage wic--notification-handlers)
      #'wic--show-message
      (alist-get 'window/logMessage wic--notification-handlers)
      #'wic--note-message
      (alist-get '$/progress wic--notification-handlers)
      #'wic--take-progress)

;;; Its end

(defun wic--leave (server)
  "Tell SERVER to end, and do not wait for it."
  (unless (memq (wic--server-state server) '(leaving ended))
    (setf (wic--server-state server) 'leaving)
    (wic--forget server)
    (when (jsonrpc-running-p server)
      (jsonrpc-async-request
       server :shutdown nil
       :timeout 5
       :success-fn (lambda (_) (jsonrpc-notify server :exit nil))
       :error-fn (lambda (_) (jsonrpc-notify server :exit nil))
       :timeout-fn (lambda () (delete-process (jsonrpc--process server)))))))

(defun wic--forget (server)
  "Take SERVER out of those that run."
  (when (eq (gethash (wic--server-root server) wic--servers) server)
    (remhash (wic--server-root server) wic--servers)))

(defun wic--ended (server)
  "Clean up after SERVER, whose process has ended."
  (let ((state (wic--server-state server)))
    (setf (wic--server-state server) 'ended
          (wic--server-progress server) nil)
    (wic--forget server)
    (if (eq state 'leaving)
        (run-with-timer 0 nil #'wic--bury server)
      (run-hook-with-args 'wic-server-ended-functions server
                          (wic--last-words server)))))

(defun wic--bury (server)
  "Remove the buffers of SERVER, which has ended as it was told to."
  (dolist (buffer (list (process-buffer (jsonrpc--process server))
                        (jsonrpc-stderr-buffer server)
                        (and (> wic-log-size 0) (jsonrpc-events-buffer server))))
    (when (buffer-live-p buffer)
      (let ((kill-buffer-query-functions nil))
        (kill-buffer buffer)))))

(defun wic--last-words (server)
  "Return why SERVER has ended, as far as it said so."
  (let* ((buffer (jsonrpc-stderr-buffer server))
         (pipe (and (buffer-live-p buffer) (get-buffer-process buffer)))
         (code (process-exit-status (jsonrpc--process server)))
         (until (+ (float-time) 1)))
    (while (and pipe (process-live-p pipe) (< (float-time) until)
                (accept-process-output pipe 0.1)))
    (let ((said (and (buffer-live-p buffer)
                     (with-current-buffer buffer
                       (car (last (split-string (buffer-string) "\n" t
                                                "[ \t\r]+")))))))
      (format "the server has ended (%s)%s" code
              (if said (concat ": " said) "")))))

(defun wic--stop-all ()
  "End every server, and wait a moment for it."
  (let ((servers (hash-table-values wic--servers))
        (until (+ (float-time) 2)))
    (mapc #'wic--leave servers)
    (while (and (cl-some #'jsonrpc-running-p servers) (< (float-time) until))
      (accept-process-output nil 0.05))))

(add-hook 'kill-emacs-hook #'wic--stop-all)

(provide 'wic-server)
;;; wic-server.el ends here
