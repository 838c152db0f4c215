import type { TransactionStmtKind } from '@pgsql/types';
import type { TransactionControl } from '../../../core/interpretation.ts';
import { begin, end, rollbackTo } from '../session-state.ts';
import { thing } from '../resources.ts';
import type { Readers } from './context.ts';

const controls: { readonly [K in TransactionStmtKind]: TransactionControl } = {
  TRANS_STMT_BEGIN: 'begin', TRANS_STMT_START: 'begin', TRANS_STMT_COMMIT: 'commit', TRANS_STMT_ROLLBACK: 'rollback', TRANS_STMT_SAVEPOINT: 'savepoint',
  TRANS_STMT_RELEASE: 'savepoint', TRANS_STMT_ROLLBACK_TO: 'rollback', TRANS_STMT_PREPARE: 'prepare-transaction',
  // These make final, or undo, what another transaction has done.
  TRANS_STMT_COMMIT_PREPARED: 'commit', TRANS_STMT_ROLLBACK_PREPARED: 'rollback',
};

export function transactionControl(kind: TransactionStmtKind | undefined): TransactionControl {
  return kind === undefined ? 'none' : controls[kind];
}

export const transactionReaders: Readers<'TransactionStmt' | 'ConstraintsSetStmt'> = {
  TransactionStmt: (statement, _scope, reading) => {
    switch (statement.kind) {
      case 'TRANS_STMT_BEGIN': case 'TRANS_STMT_START':
        begin(reading);
        break;
      case 'TRANS_STMT_COMMIT': case 'TRANS_STMT_ROLLBACK':
        end(statement.kind === 'TRANS_STMT_COMMIT' ? 'commit' : 'rollback', statement.chain === true, reading);
        break;
      case 'TRANS_STMT_ROLLBACK_TO':
        rollbackTo(reading);
        break;
      case 'TRANS_STMT_PREPARE':
        end('commit', false, reading);
        reading.add('define', thing('statement', ['prepared-transaction']), { note: 'it outlives the session until someone ends it', outsideTransaction: true });
        break;
      case 'TRANS_STMT_COMMIT_PREPARED': case 'TRANS_STMT_ROLLBACK_PREPARED':
        reading.notModelled('the end of a prepared transaction');
        break;
      case 'TRANS_STMT_SAVEPOINT': case 'TRANS_STMT_RELEASE': case undefined:
        break;
    }
  },
  // When constraints are checked, not whether.
  ConstraintsSetStmt: () => {},
};
