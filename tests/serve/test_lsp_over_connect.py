"""What is true of a server of one's own is true of a shared one, through `wic connect`: the same tests."""

from __future__ import annotations

from tests.lsp import test_code_actions, test_diagnostics, test_incomplete, test_progress, test_pull
from tests.lsp.test_configuration import (
    test_a_client_that_refuses_its_configuration_is_served,
    test_a_value_of_the_wrong_kind_is_told,
    test_an_answer_that_is_no_table_changes_nothing,
    test_changes_are_subscribed_to_where_the_client_wants_that,
)
from tests.lsp.test_lifecycle import (
    test_exit_may_follow_shutdown_at_once,
    test_exit_without_shutdown_is_a_bad_end,
    test_shutdown_then_exit_is_a_good_end,
)
from tests.lsp.test_protocol import (
    test_a_document_that_is_opened_twice_is_replaced,
    test_a_message_inside_of_a_message_is_only_data,
    test_a_message_may_come_in_pieces,
    test_a_request_before_initialize_is_refused,
    test_an_answer_that_nobody_waits_for_is_passed_over,
    test_an_initialize_that_fails_may_be_repeated,
    test_any_string_is_taken_for_a_uri,
    test_headers_are_read_liberally,
    test_notifications_are_never_answered,
    test_what_is_no_json_is_a_parse_error,
    test_what_is_no_message_is_an_invalid_request,
)

__all__ = [
    "test_a_client_that_refuses_its_configuration_is_served",
    "test_a_document_that_is_opened_twice_is_replaced",
    "test_a_message_inside_of_a_message_is_only_data",
    "test_a_message_may_come_in_pieces",
    "test_a_request_before_initialize_is_refused",
    "test_a_value_of_the_wrong_kind_is_told",
    "test_an_answer_that_is_no_table_changes_nothing",
    "test_an_answer_that_nobody_waits_for_is_passed_over",
    "test_an_initialize_that_fails_may_be_repeated",
    "test_any_string_is_taken_for_a_uri",
    "test_changes_are_subscribed_to_where_the_client_wants_that",
    "test_exit_may_follow_shutdown_at_once",
    "test_exit_without_shutdown_is_a_bad_end",
    "test_headers_are_read_liberally",
    "test_notifications_are_never_answered",
    "test_shutdown_then_exit_is_a_good_end",
    "test_what_is_no_json_is_a_parse_error",
    "test_what_is_no_message_is_an_invalid_request",
]

_FOR_WHOEVER_RUNS_THE_SERVER = {
    "test_a_setting_that_names_nothing",  # one of them is the runtime
    "test_a_runtime_that_is_not_there_compiles_nothing",
}

for _module in (test_code_actions, test_diagnostics, test_incomplete, test_progress, test_pull):
    for _name, _test in vars(_module).items():
        if _name.startswith("test_") and _name not in _FOR_WHOEVER_RUNS_THE_SERVER:
            globals()[_name] = _test
