;;; wic-documents.el --- Buffers at the server, and what it says of them  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The wic-lsp authors
;; SPDX-License-Identifier: Apache-2.0

;;; Commentary:

;; Each buffer's text at the server follows the buffer, change by change, and
;; in whole where a change cannot be told exactly.  What the server says is kept
;; only for the text that it was said of, and handed to Flymake.  So "clean" is
;; never said of another text than the one that was compiled, nor where nothing
;; was: then there is one note that says why.

;;; Code:

(require 'cl-lib)
(require 'flymake)
(require 'subr-x)
(require 'wic-settings)
(require 'wic-server)

(defvar wic-mode)
(declare-function wic-mode "wic")

(defvar-local wic--server nil "The server that serves this buffer.")
(defvar-local wic--uri nil "This buffer's URI at the server; nil while closed.")
(defvar-local wic--version 0 "The version of this buffer's text at the server.")
(defvar-local wic--changes nil
  "What the server was not told of yet, newest first; `all' for the whole text.")
(defvar-local wic--before nil
  "The change that is about to be made: its borders, and those as positions.")
(defvar-local wic--timer nil "What will tell the server of `wic--changes'.")
(defvar-local wic--tick nil
  "What `buffer-chars-modified-tick' was for the text at the server.
An edit of which nobody is told, or in an indirect buffer, shows by it.")
(defvar-local wic--sent-return nil
  "Whether the text at the server has a carriage return.")
(defvar-local wic--result nil
  "The version that the server has last spoken of, and its diagnostics.")
(defvar-local wic--status nil
  "The version of whose check the server has last told how it goes, and what.")
(defvar-local wic--trouble nil
  "Why nothing is checked, where that is not for the server to say.")
(defvar-local wic--report-fn nil "What Flymake wants to be told with.")

(defconst wic--not-run
  '("not-run" "timed-out" "out-of-memory" "output-limit" "crashed" "not-checked")
  "The codes of what the server says where a compiler did not run to its end.")

(defface wic-unnecessary '((t :inherit shadow))
  "What a compiler says is of no use."
  :group 'wic)

(defface wic-deprecated '((t :strike-through t))
  "What a compiler says is deprecated."
  :group 'wic)

;;; Positions: lines as LSP has them, and code points

(defun wic--has-return-p ()
  "Return non-nil if the text has a carriage return, which ends a line in LSP."
  (save-excursion
    (save-restriction
      (widen)
      (goto-char (point-min))
      (search-forward "\r" nil t))))

(defun wic--position (point)
  "Return POINT as a position of LSP."
  (save-excursion
    (save-restriction
      (widen)
      (if (wic--has-return-p)
          (let ((line 0) (start (point-min)))
            (goto-char start)
            (while (re-search-forward "\r\n?\\|\n" point t)
              (setq line (1+ line) start (point)))
            `(:line ,line :character ,(- point start)))
        (goto-char point)
        (let ((inhibit-field-text-motion t))
          `(:line ,(1- (line-number-at-pos point t))
            :character ,(- point (line-beginning-position))))))))

(defun wic--point (position)
  "Return the place of a POSITION of LSP; past a line's end means its end."
  (save-excursion
    (save-restriction
      (widen)
      (goto-char (point-min))
      (let ((line (plist-get position :line)))
        (while (and (> line 0) (re-search-forward "\r\n?\\|\n" nil 'move))
          (setq line (1- line)))
        (if (> line 0) (point-max)
          (min (+ (point) (plist-get position :character))
               (progn (skip-chars-forward "^\r\n") (point))))))))

(defun wic--range (beg end)
  "Return what is between BEG and END as a range of LSP."
  `(:start ,(wic--position beg) :end ,(wic--position end)))

;;; The text at the server

(defun wic--text (beg end)
  "Return the text between BEG and END, in as many code points as characters.
A byte that Emacs could not decode, or a character that is none of
Unicode's, is replaced: JSON has none."
  (replace-regexp-in-string
   "[^\0-\ud7ff\ue000-\U0010ffff]" "\ufffd"
   (buffer-substring-no-properties beg end) t t))

(defun wic--whole-text ()
  "Return the whole text of the buffer."
  (save-restriction
    (widen)
    (wic--text (point-min) (point-max))))

(defun wic--open ()
  "Show the current buffer to its server, where there is one."
  (when (and wic--server (eq (wic--server-state wic--server) 'running)
             (not wic--uri))
    (setq wic--uri (wic--to-uri buffer-file-name)
          wic--version (1+ wic--version)
          wic--changes nil wic--before nil wic--trouble nil
          wic--result nil wic--status nil
          wic--tick (buffer-chars-modified-tick)
          wic--sent-return (wic--has-return-p))
    (jsonrpc-notify
     wic--server :textDocument/didOpen
     `(:textDocument (:uri ,wic--uri :languageId ,(wic--language)
                      :version ,wic--version :text ,(wic--whole-text))))))

(defun wic--close ()
  "Close the current buffer at its server."
  (when wic--timer
    (cancel-timer wic--timer)
    (setq wic--timer nil))
  (when (and wic--uri wic--server
             (eq (wic--server-state wic--server) 'running)
             (jsonrpc-running-p wic--server))
    (jsonrpc-notify wic--server :textDocument/didClose
                    `(:textDocument (:uri ,wic--uri))))
  (setq wic--uri nil wic--result nil))

(defun wic--before-change (beg end)
  "Note where the change of what is between BEG and END begins and ends."
  (when wic--uri
    (setq wic--before
          (and (not (eq wic--changes 'all))
               (list beg end (wic--position beg) (wic--position end))))))

(defun wic--after-change (beg end length)
  "Keep the change to what is between BEG and END, which had LENGTH characters."
  (when wic--uri
    (pcase wic--before
      ((and `(,old-beg ,old-end ,start ,stop)
            (guard (and (= old-beg beg) (= (- old-end old-beg) length)
                        (listp wic--changes))))
       (push `(:range (:start ,start :end ,stop) :text ,(wic--text beg end))
             wic--changes))
      (_ (setq wic--changes 'all)))
    (setq wic--before nil)
    (wic--flush-soon)))

(defun wic--flush-soon ()
  "Tell the server in a moment what has changed in the current buffer."
  (unless wic--timer
    (setq wic--timer (run-with-timer wic-send-delay nil #'wic--flush-buffer
                                     (current-buffer)))))

(defun wic--flush-buffer (buffer)
  "Tell the server what has changed in BUFFER, if that still is."
  (when (buffer-live-p buffer)
    (with-current-buffer buffer
      (wic--flush))))

(defun wic--flush ()
  "Tell the server what has changed in the current buffer.
A carriage return ends a line at the server and may do so together with
what is changed behind it, so such a text is told in whole."
  (when wic--timer
    (cancel-timer wic--timer)
    (setq wic--timer nil))
  (when (and wic--uri (not (wic--told-p)) (jsonrpc-running-p wic--server))
    (let* ((returns (wic--has-return-p))
           (in-whole (or returns wic--sent-return
                         (memq wic--changes '(nil all))))
           (changes (if in-whole `[(:text ,(wic--whole-text))]
                      (vconcat (nreverse wic--changes)))))
      (setq wic--version (1+ wic--version)
            wic--changes nil
            wic--tick (buffer-chars-modified-tick)
            wic--sent-return returns)
      (jsonrpc-notify
       wic--server :textDocument/didChange
       `(:textDocument (:uri ,wic--uri :version ,wic--version)
         :contentChanges ,changes))))
  (force-mode-line-update))

(defun wic--saved ()
  "Tell the server that the current buffer was saved."
  (when (and wic--uri (jsonrpc-running-p wic--server))
    (wic--flush)
    (jsonrpc-notify wic--server :textDocument/didSave
                    `(:textDocument (:uri ,wic--uri)))))

(defun wic--renamed ()
  "Show the current buffer under its new name."
  (when wic-mode
    (wic--close)
    (if buffer-file-name (wic--attach) (wic-mode -1))))

(defun wic--file-saved ()
  "Tell the servers of what was saved in a file that is not open there.
That may be a header, or a project's settings."
  (when (and buffer-file-name (not wic--uri)
             (not (file-remote-p buffer-file-name)))
    (dolist (server (hash-table-values wic--servers))
      (let ((root (wic--server-root server)))
        (when (and root (eq (wic--server-state server) 'running)
                   (file-in-directory-p buffer-file-name root))
          (jsonrpc-notify
           server :workspace/didChangeWatchedFiles
           `(:changes [(:uri ,(wic--to-uri buffer-file-name) :type 2)]))
          (when (equal (file-name-nondirectory buffer-file-name)
                       dir-locals-file)
            (wic--send-settings server)))))))

(add-hook 'after-save-hook #'wic--file-saved)

;;; Which server

(defun wic--attach ()
  "Have the current buffer served.  Signal an error where there is no server."
  (let ((trouble (wic--why-not)))
    (if trouble (wic--tell-trouble trouble)
      (let ((server (wic--server-for (wic--root))))
        (unless (eq server wic--server)
          (wic--detach)
          (setq wic--server server))
        (cl-pushnew (current-buffer) (wic--server-buffers server))
        (setq wic--trouble nil)
        (wic--open)))))

(defun wic--why-not ()
  "Return why the current buffer cannot be checked by any server, or nil."
  (cond ((not buffer-file-name) "the buffer visits no file")
        ((file-remote-p buffer-file-name) "the file is on another machine")
        ((not (wic--language)) "wic compiles no such language")))

(defun wic--detach ()
  "Have the current buffer no longer served.
A server that serves no other for a while is told to end."
  (wic--close)
  (when-let ((server wic--server))
    (setq wic--server nil)
    (setf (wic--server-buffers server)
          (cl-remove-if-not #'buffer-live-p
                            (delq (current-buffer) (wic--server-buffers server))))
    (run-with-timer wic-keep-server nil #'wic--leave-if-unused server)))

(defun wic--leave-if-unused (server)
  "Tell SERVER to end, if it serves no buffer."
  (unless (cl-some #'buffer-live-p (wic--server-buffers server))
    (wic--leave server)))

(defun wic--each-buffer (server function)
  "Call FUNCTION in each buffer of SERVER."
  (dolist (buffer (wic--server-buffers server))
    (when (buffer-live-p buffer)
      (with-current-buffer buffer
        (funcall function)))))

(defun wic--started (server)
  "Show SERVER, which has just answered, its buffers."
  (wic--each-buffer server #'wic--open))

(defun wic--lost (server reason)
  "Deal with the end of SERVER, for REASON: start it again, if it lived for long."
  (let ((buffers (cl-remove-if-not #'buffer-live-p (wic--server-buffers server)))
        (again (> (- (float-time) (wic--server-born server)) wic-restart-after)))
    (wic--each-buffer server
                      (lambda ()
                        (setq wic--server nil wic--uri nil)
                        (wic--tell-trouble reason)))
    (when again
      (run-with-timer 0 nil #'wic--serve-again buffers
                      (wic--server-root server) (wic--server-chosen server)))))

(defun wic--serve-again (buffers root chosen)
  "Have BUFFERS served by a new server for ROOT, with the settings in CHOSEN."
  (condition-case failure
      (progn
        (unless (gethash root wic--servers)
          (wic--start root chosen))
        (dolist (buffer buffers)
          (when (and (buffer-live-p buffer) (buffer-local-value 'wic-mode buffer))
            (with-current-buffer buffer
              (wic--attach)))))
    (user-error
     (dolist (buffer buffers)
       (when (buffer-live-p buffer)
         (with-current-buffer buffer
           (wic--tell-trouble (error-message-string failure))))))))

(add-hook 'wic-server-started-functions #'wic--started)
(add-hook 'wic-server-ended-functions #'wic--lost)

;;; What was found

(defun wic--tell-trouble (reason)
  "Say that nothing is checked in the current buffer, for REASON."
  (setq wic--trouble reason wic--result nil)
  (wic--report)
  (force-mode-line-update))

(defun wic--take-diagnostics (server params)
  "Take the words of SERVER in PARAMS, if they are of a present text."
  (wic--each-buffer
   server
   (lambda ()
     (when (and (equal (plist-get params :uri) wic--uri)
                (wic--told-p)
                (eql (plist-get params :version) wic--version))
       (setq wic--result (cons wic--version
                               (append (plist-get params :diagnostics) nil)))
       (wic--report)
       (force-mode-line-update)))))

(defun wic--take-status (server params)
  "Take the word of SERVER in PARAMS on a check's progress."
  (wic--each-buffer
   server
   (lambda ()
     (when (equal (plist-get params :uri) wic--uri)
       (setq wic--status (list (plist-get params :version)
                               (plist-get params :status)
                               (plist-get params :reason)))
       (force-mode-line-update)))))

(setf (alist-get 'textDocument/publishDiagnostics wic--notification-handlers)
      #'wic--take-diagnostics
      (alist-get 'wic/status wic--notification-handlers)
      #'wic--take-status)

(defun wic--withheld ()
  "Return why the present text is not checked as it was edited, or nil.
The setting \"wic.when\" may say so, and then no diagnostic tells of it
where there was none before."
  (pcase wic--status
    (`(,version "withheld" ,reason)
     (and wic--uri (wic--told-p) (eql version wic--version)
          (or reason "the setting wic.when does not want it now")))))

(defun wic--told-p ()
  "Return non-nil if the text at the server is that of the current buffer."
  (and (not wic--changes) (eql wic--tick (buffer-chars-modified-tick))))

(defun wic--current-p ()
  "Return non-nil if the server has spoken of the text as it is now."
  (and wic--uri (wic--told-p) (eql (car wic--result) wic--version)))

(defun wic--diagnostics ()
  "Return the server's diagnostics of the present text, as LSP has them."
  (and (wic--current-p) (cdr wic--result)))

(defun wic--not-run-p (diagnostic)
  "Return non-nil if DIAGNOSTIC is of a compiler that did not run to its end."
  (and (memql (plist-get diagnostic :severity) '(3 4))
       (member (plist-get diagnostic :code) wic--not-run)))

(defun wic--bounds (diagnostic)
  "Return where DIAGNOSTIC begins and ends; at least one character, if there is."
  (let* ((range (plist-get diagnostic :range))
         (beg (wic--point (plist-get range :start)))
         (end (wic--point (plist-get range :end))))
    (save-restriction
      (widen)
      (cond ((< beg end) (cons beg end))
            ((and (< beg (point-max)) (/= (char-after beg) ?\n))
             (cons beg (1+ beg)))
            (t (cons (max (point-min) (1- beg)) beg))))))

(defun wic--words (diagnostic)
  "Return the words of DIAGNOSTIC, after whose they are."
  (let ((code (plist-get diagnostic :code)))
    (concat (or (plist-get diagnostic :source) "wic") ": "
            (plist-get diagnostic :message)
            (and code (format " [%s]" code)))))

(defun wic--to-flymake (diagnostic)
  "Return DIAGNOSTIC of LSP as one of Flymake's, which has it as its data."
  (pcase-let ((`(,beg . ,end) (wic--bounds diagnostic))
              (tags (append (plist-get diagnostic :tags) nil)))
    (flymake-make-diagnostic
     (current-buffer) beg end
     (pcase (plist-get diagnostic :severity)
       (1 :error) (2 :warning) (_ :note))
     (wic--words diagnostic)
     `((wic . ,diagnostic))
     (cond ((memq 2 tags) '((face . wic-deprecated)))
           ((memq 1 tags) '((face . wic-unnecessary)))))))

(defun wic-flymake (report-fn &rest _)
  "A backend of Flymake, which reports with REPORT-FN whenever there is news."
  (setq wic--report-fn report-fn)
  (wic--flush)
  (when (or wic--trouble (wic--current-p))
    (wic--report)))

(defun wic--report ()
  "Tell Flymake what is known of the present text, or why nothing is."
  (when (and wic--report-fn flymake-mode
             (memq #'wic-flymake (flymake-running-backends)))
    (save-excursion
      (save-restriction
        (widen)
        (funcall wic--report-fn
                 (if wic--trouble
                     (list (flymake-make-diagnostic
                            (current-buffer) (point-min)
                            (save-excursion (goto-char (point-min))
                                            (line-end-position))
                            :note (concat "wic: Not compiled: " wic--trouble)))
                   (mapcar #'wic--to-flymake (wic--diagnostics)))
                 :region (cons (point-min) (point-max)))))))

(defun wic-state ()
  "Return what is known of the current buffer's present text.
It is a list: (`checking'); (`clean'); (`found' ERRORS WARNINGS NOTES); or
\(`not-checked' REASON), where some of it was not compiled to the end."
  (let* ((all (wic--diagnostics))
         (not-run (cl-find-if #'wic--not-run-p all))
         (count (lambda (severity)
                  (cl-count severity all :key (lambda (one)
                                                (plist-get one :severity))))))
    (cond (wic--trouble `(not-checked ,wic--trouble))
          ((wic--withheld) `(not-checked ,(wic--withheld)))
          ((wic--current-p)
           (cond (not-run `(not-checked ,(plist-get not-run :message)))
                 ((null all) '(clean))
                 (t (let ((errors (funcall count 1))
                          (warnings (funcall count 2)))
                      `(found ,errors ,warnings
                              ,(- (length all) errors warnings))))))
          (t '(checking)))))

(provide 'wic-documents)
;;; wic-documents.el ends here
