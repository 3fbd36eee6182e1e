import { transactionContract } from './transaction-contract.js'

transactionContract('native')
