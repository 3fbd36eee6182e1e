import { transactionContract } from './transaction-contract.js'
import { transactionOffsetsContract } from './transaction-offsets-contract.js'

transactionContract('native')
transactionOffsetsContract('native')
